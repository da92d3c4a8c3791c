import { open } from 'k6/experimental/fs';
import csv from 'k6/experimental/csv';

async function attempt(what, act) {
  try { await act(); console.log(what, 'went through'); } catch (e) { console.log(what, `${e.name}: ${e.message.replace(/\/.*\//, '')}`); }
}

const file = await open('./ragged.csv');
const fresh = () => open('./ragged.csv');
await attempt('nothing', () => csv.parse());
await attempt('no file', () => csv.parse('./ragged.csv'));
await attempt('options', () => csv.parse(file, 7));
for (const delimiter of ['', '::', 'ü', 7, '"']) await attempt(`delimiter ${delimiter}`, () => csv.parse(file, { delimiter }));
await attempt('fromLine', () => csv.parse(file, { fromLine: -1 }));
await attempt('toLine', () => csv.parse(file, { fromLine: 3, toLine: 2 }));
await attempt('asObjects', () => csv.parse(file, { asObjects: 'yes' }));
await attempt('ragged', async () => csv.parse(await fresh()));
await attempt('no parser file', () => new csv.Parser());
await attempt('parser option', () => new csv.Parser(file, { delimiter: '' }));
await attempt('undefined options', async () => new csv.Parser(await fresh(), undefined));
const parser = new csv.Parser(await fresh());
await parser.next();
await attempt('ragged record', () => parser.next());

export default async function () {
  await attempt('parse in an iteration', () => csv.parse(file));
  await attempt('Parser in an iteration', () => new csv.Parser(file));
}
