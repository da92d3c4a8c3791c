// A metric has its name, and add() needs no object to be called on.
import { Counter, Rate } from 'k6/metrics';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

const counter = new Counter('counter');
const rate = new Rate('rate');

export default function () {
  const { add } = counter;
  console.log(counter.name, rate.name, typeof add, said(() => add(1)), said(() => rate.add.call({}, 1)));
  console.log(Object.keys(counter).join(), JSON.stringify(rate));
}
