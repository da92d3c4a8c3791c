// What is refused.
export const options = { iterations: 1 };

export default function () {
  for (const bad of [() => new Blob('text'), () => new Blob({}), () => new Blob(1), () => new Blob(null), () => new Blob([], 'text/plain'), () => Blob([]), () => new Blob([Symbol('s')])]) {
    try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
  }
}
