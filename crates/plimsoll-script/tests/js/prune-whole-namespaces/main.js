import * as all from './lib.js';
export default async () => {
  const same = await import('./lib.js');
  console.log(Object.keys(all), same === all, Object.keys((await import('./other.js'))));
};
