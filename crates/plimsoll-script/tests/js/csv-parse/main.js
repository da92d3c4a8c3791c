import { open } from 'k6/experimental/fs';
import csv from 'k6/experimental/csv';

const parse = async (options) => csv.parse(await open('./users.csv'), options);
const all = await parse();
const objects = await parse({ asObjects: true });
const skipped = await parse({ skipFirstLine: true });
const some = await parse({ fromLine: 1, toLine: 2 });
const chosen = await parse({ asObjects: true, fromLine: 2 });
const semicolons = await csv.parse(await open('./semicolons.csv'), { delimiter: ';', asObjects: true });
const empty = await csv.parse(await open('./empty.csv'));
const nothing = await csv.parse(await open('./empty.csv'), { asObjects: true });

export default function () {
  console.log(all.length, JSON.stringify(all));
  console.log(JSON.stringify(objects), objects.find((row) => row.name === 'zoë').age);
  console.log(JSON.stringify(skipped[0]), JSON.stringify(some), JSON.stringify(chosen), JSON.stringify(semicolons));
  console.log(empty.length, nothing.length, Array.isArray(objects), Object.isFrozen(objects[0]));
  try { objects[0].name = 'x'; } catch (e) { console.log(e.name); }
}
