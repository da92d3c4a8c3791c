import http from 'k6/http';

const echo = `${__ENV.SERVER}/echo`;
const form = (res) => {
  const boundary = /boundary=([0-9a-f]{60})\n/.exec(res.body)[1];
  return res.body.replaceAll(boundary, 'BOUNDARY').replace(/Content-Length: \d+\n/, '');
};

export default function () {
  const file = http.file('text of ä', 'a "b".txt', 'text/plain');
  console.log(Object.keys(file), file.data, file.filename, file.content_type);
  console.log(form(http.post(echo, { name: 'value', list: [1, 2], file, none: null })));
  console.log(form(http.put(echo, { f: http.file(new Uint8Array([104, 105]).buffer, 'b.bin') })));
  const unnamed = http.file('x');
  console.log(/^\d{18,20}$/.test(unnamed.filename), unnamed.content_type);
  unnamed.filename = 'named later';
  console.log(form(http.post(echo, { files: [unnamed, http.file(new Uint8Array([33]), 'c')] })));
  console.log(http.post(echo, { file }, { headers: { 'Content-Type': 'mine/own' } }).body.split('\n')[2]);
  for (const data of [undefined, null, 5, {}, [1], new Float64Array(1)]) {
    try { http.file(data); } catch (e) { console.log(e.name, e.message); }
  }
}
