import { SharedArray } from 'k6/data';

const data = new SharedArray('users', () => [{ name: 'ada', tags: ['x', { deep: 1 }] }, { name: 'zoë' }, 'text', 7, null, true, [1, 2]]);

export default function () {
  console.log(data.length, data[0].name, data[0].tags[1].deep, data[1].name, data[2], data[3], data[4], data[5], data[6]);
  console.log(data[7], data[-1], data['01'], data['1.0'], data.nothing, data['2'], data[1e3]);
  console.log(typeof data, Array.isArray(data), data instanceof Array, 0 in data, 7 in data, 'length' in data);
  console.log(Object.keys(data).join(), JSON.stringify(Object.getOwnPropertyDescriptor(data, 3)));
  console.log(JSON.stringify(Object.getOwnPropertyDescriptor(data, 'length')), Object.getOwnPropertyDescriptor(data, 9));
  console.log(Object.getOwnPropertyNames(data).join(), data.hasOwnProperty(6), data.hasOwnProperty(8));
}
