// An async default function is awaited, and what it leaves behind too.
export const options = { iterations: 2, vus: 1 };
export default async function () {
  await Promise.resolve();
  console.log('awaited', __ITER);
  setTimeout(() => console.log('timer', __ITER), 2);
  Promise.resolve().then(() => console.log('job', __ITER));
}
