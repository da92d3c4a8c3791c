import { SharedArray } from 'k6/data';

const data = new SharedArray('numbers', () => [3, 1, 2]);
const words = new SharedArray('words', () => ['b', 'a']);

export default function () {
  console.log(data.map((n) => n * 2).join(), data.filter((n) => n > 1).join(), data.find((n) => n < 3));
  console.log(data.findIndex((n) => n === 2), data.findLast((n) => n < 3), data.includes(2), data.includes(9), data.indexOf(1));
  console.log(data.slice(1).join(), data.slice(-1).join(), data.at(-1), data.at(5), data.join('-'), String(data));
  console.log(data.reduce((sum, n) => sum + n, 0), data.some((n) => n > 2), data.every((n) => n > 2));
  console.log([...data.entries()].join(' '), [...data.keys()].join(), [...data.values()].join());
  console.log(data.concat([4]).join(), [0].concat(data).join(), data.toSorted().join(), data.toReversed().join());
  console.log(words.flatMap((word) => [word, word]).join(), data.with(0, 9).join(), data.lastIndexOf(2));
  const seen = [];
  data.forEach((n, index, whole) => seen.push(n + index + whole.length));
  console.log(seen.join());
}
