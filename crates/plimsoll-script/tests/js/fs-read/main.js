import { open, SeekMode } from 'k6/experimental/fs';
import fs from 'k6/experimental/fs';

const file = await open('./text.txt');
const same = await fs.open('./text.txt');
const empty = await open('./empty.txt');
console.log(file.path.split('/').pop(), JSON.stringify(await file.stat()), JSON.stringify(SeekMode), fs.SeekMode.End);

const text = (bytes, count) => String.fromCharCode(...bytes.subarray(0, count));

export default async function () {
  const buffer = new Uint8Array(4);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) console.log(count, text(buffer, count));
  console.log(await file.read(buffer), await file.seek(2, SeekMode.Start), text(buffer, await file.read(buffer)));
  console.log(await file.seek(-3, SeekMode.Current), text(buffer, await file.read(new Uint8Array(0))));
  console.log(await file.seek(0, SeekMode.End), text(buffer, await file.read(buffer)));
  console.log(text(buffer, await same.read(buffer)), await empty.read(buffer), (await empty.stat()).size);
}
