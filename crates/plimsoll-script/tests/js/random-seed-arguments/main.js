// The same seed gives the same numbers, whatever it is.
import { randomSeed } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  for (const seed of [0, 1, -1, 2 ** 53, 1.5]) {
    const numbers = () => { randomSeed(seed); return [Math.random(), Math.random()].join(); };
    console.log(said(() => numbers() === numbers()));
  }
  for (const seed of [undefined, 'text', NaN, {}]) console.log(said(() => randomSeed(seed)));
  const value = Math.random();
  console.log(value >= 0 && value < 1);
}
