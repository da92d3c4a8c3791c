// Plain JavaScript has the engine's own text, and no hook.
export default function () {
  const stack = (() => new Error('x').stack)();
  console.log(stack.replace(/file:.*\//g, ''), Error.prepareStackTrace);
}
