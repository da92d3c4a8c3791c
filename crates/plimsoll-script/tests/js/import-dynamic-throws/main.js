// A module that throws when it is imported late: the rejection is the importer's to handle.
export const options = { iterations: 2, vus: 1 };
export default async function () {
  if (__ITER === 1) return import('./throws.js');
  await import('./throws.js').catch((e) => console.log(e.message));
  await new Promise((resolve) => setTimeout(resolve, 1));
  console.log('went on');
}
