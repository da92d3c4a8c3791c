// Globals that browsers and Node.js have, and k6 does not.
export const options = { iterations: 1 };

export default async function () {
  console.log(btoa('hello'), atob('aGVsbG8='));
  for (const bad of [() => atob('%'), () => btoa('ü')]) {
    try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
  }
  const order = [];
  setTimeout(() => order.push('timer'), 0);
  queueMicrotask(() => order.push('job'));
  order.push('now');
  await new Promise((resolve) => setTimeout(resolve, 5));
  console.log(order.join());
  const from = performance.now();
  console.log(from >= 0, performance.now() >= from, performance.timeOrigin > 0);
}
