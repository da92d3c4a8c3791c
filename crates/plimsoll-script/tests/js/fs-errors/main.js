import { open, SeekMode } from 'k6/experimental/fs';

async function attempt(what, act) {
  try { console.log(what, await act()); } catch (e) { console.log(what, `${e.name}: ${e.message.replace(/\/.*\//, '')}`); }
}

await attempt('missing', () => open('./missing.txt'));
await attempt('no path', () => open());
await attempt('empty path', () => open(''));
await attempt('number', () => open(7));
await attempt('folder', () => open('.'));
const file = await open('./text.txt');

export default async function () {
  await attempt('in an iteration', () => open('./text.txt'));
  await attempt('no buffer', () => file.read());
  await attempt('array', () => file.read([1, 2]));
  await attempt('other view', () => file.read(new Uint16Array(2)));
  await attempt('no offset', () => file.seek());
  await attempt('no mode', () => file.seek(1));
  await attempt('bad mode', () => file.seek(1, 7));
  await attempt('before', () => file.seek(-1, SeekMode.Start));
  await attempt('beyond', () => file.seek(12, SeekMode.Start));
  await attempt('half', () => file.seek(0.5, SeekMode.Start));
  await attempt('NaN', () => file.seek(NaN, SeekMode.Start));
  await attempt('text', () => file.seek('1', SeekMode.Start));
  await attempt('the end is a place', () => file.seek(11, SeekMode.Start));
}
