// Iterators are live, and iterators like others.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams('a=1&b=2&c=3');
  console.log([...params.keys()].join(), [...params.values()].join(), JSON.stringify([...params.entries()]));
  console.log(JSON.stringify(Object.fromEntries(params)), new Map(params).get('b'));
  const seen = [];
  for (const [name] of params) { seen.push(name); if (name === 'a') params.delete('b'); if (name === 'c' && params.size < 4) params.append('d', '4'); }
  console.log(seen.join());
  const iterator = params.keys();
  console.log(iterator[Symbol.iterator]() === iterator, JSON.stringify(iterator.next()), Object.prototype.toString.call(iterator));
  console.log(params[Symbol.iterator] === undefined, typeof iterator.next);
}
