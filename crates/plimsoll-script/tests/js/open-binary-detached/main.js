// Whatever a script does with a buffer over shared pages, the pages stay what they are.
const path = '../open-binary-shared/large.bin';
const buffer = open(path, 'b');
console.log(['transfer', 'transferToFixedLength', 'transferToImmutable'].map((name) => typeof buffer[name]).join());
console.log(buffer.resizable, buffer.slice(1, 4).byteLength, new Uint8Array(buffer)[9]);
console.log(new Uint8Array(buffer).fill(120).at(-1), new Uint8Array(open(path, 'b')).at(-1));
try { buffer.resize(10); } catch (e) { console.log(e.name); }
for (let i = 0; i < 50; i++) open(path, 'b');

export default function () {
  console.log(String.fromCharCode(...new Uint8Array(buffer, 0, 3)), buffer.byteLength);
}
