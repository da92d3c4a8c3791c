import { SharedArray } from 'k6/data';

const count = 100000;
const data = new SharedArray('many', () => Array.from({ length: count }, (_, id) => ({ id, name: `user ${id}` })));
const deep = new SharedArray('deep', () => {
  let nested = 1;
  for (let i = 0; i < 1000; i++) nested = [nested];
  return [nested];
});

export default function () {
  console.log(data.length, data[count - 1].name, data.find((row) => row.id === 77777).name);
  let nested = deep[0];
  while (Array.isArray(nested)) nested = nested[0];
  console.log(nested, Object.isFrozen(deep[0][0][0]));
}
