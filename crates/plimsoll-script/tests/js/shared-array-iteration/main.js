import { SharedArray } from 'k6/data';

const data = new SharedArray('pairs', () => [{ id: 1 }, { id: 2 }, { id: 3 }]);

export default function () {
  for (const row of data) console.log('of', row.id);
  for (const key in data) console.log('in', key);
  const [first, ...rest] = data;
  console.log(first.id, rest.length, [...data].length, Math.max(...data.map((row) => row.id)));
  console.log(JSON.stringify(data), JSON.stringify({ data }), Array.from(data, (row) => row.id).join());
  const { length, 1: second } = data;
  console.log(length, second.id, Object.entries(data).length, { ...data }[2].id);
  console.log(data);
}
