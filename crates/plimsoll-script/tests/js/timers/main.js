export const options = { iterations: 2, vus: 1 };

export default async function () {
  const order = [];
  setTimeout((x) => order.push('t' + x), 20, 2);
  setTimeout(() => order.push('t1'), 5);
  const cancelled = setTimeout(() => order.push('never'), 1);
  clearTimeout(cancelled);
  let ticks = 0;
  const id = setInterval(() => { order.push('i'); if (++ticks === 2) clearInterval(id); }, 8);
  await Promise.resolve();
  order.push('micro');
  await new Promise((resolve) => setTimeout(resolve, 40));
  console.log(order.join(' '));
}
