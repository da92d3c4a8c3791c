// A promise that never settles does not keep the iteration.
export const options = { iterations: 2, vus: 1 };
export default async function () {
  console.log('begins', __ITER);
  await new Promise(() => {});
  console.log('never');
}
