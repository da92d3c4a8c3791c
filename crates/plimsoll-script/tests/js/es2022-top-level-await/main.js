// await in the init context.
const value = await new Promise((resolve) => setTimeout(() => resolve('from init'), 1));
const [a, b] = await Promise.all([1, Promise.resolve(2)]);
export const options = { iterations: 1 };

export default function () { console.log(value, a + b); }
