import http from 'k6/http';

export default function () {
  const text = JSON.stringify({
    friends: [
      { first: 'Dale', last: 'Murphy', age: 44, nets: ['ig', 'fb'] },
      { first: 'Roger', last: 'Craig', age: 68, nets: ['fb'] },
      { first: 'Jane', last: 'Murphy', age: 47, nets: [] },
    ],
    'fav.movie': 'Deer', children: ['Sara', 'Alex'], nothing: null, deep: { a: { b: false } }, '': 1,
  });
  const res = http.post(`${__ENV.SERVER}/mirror`, text);
  for (const path of [
    'friends.1.first', 'friends.#', 'friends.#.age', 'fav\\.movie', 'children.0', 'children.9', 'nothing', 'deep.a.b', 'deep.a.b.c',
    'friends.#(last=="Murphy").first', 'friends.#(last=="Murphy")#.first', 'friends.#(age>45)#.last', 'child*.1', 'c?ildren.0',
    'friends.#(first%"D*").last', 'children|0', 'children|@reverse', 'children.@reverse.0', '{deep,children}', 'nope.#(a==1)', '@this.deep',
    'friends.#.nets.0', 'length', 'toString', '', '.', '#', '*(', '@', '{',
  ]) {
    console.log(path, JSON.stringify(res.json(path)));
  }
  console.log(http.get(`${__ENV.SERVER}/broken-json`).json('a*'), http.get(`${__ENV.SERVER}/broken-json`).json('a'));
}
