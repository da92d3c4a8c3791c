// The iteration ends when the last timer has fired or is cleared.
export const options = { iterations: 1 };

export default function () {
  let n = 0;
  const interval = setInterval(() => { console.log('tick', ++n); if (n === 3) clearInterval(interval); }, 1);
  const never = setTimeout(() => console.log('never'), 60000);
  clearTimeout(never);
}
