import { open } from 'k6/experimental/fs';
import { Parser, parse } from 'k6/experimental/csv';

const parser = new Parser(await open('./users.csv'), { skipFirstLine: true });
const objects = new Parser(await open('./users.csv'), { asObjects: true, toLine: 1 });
const file = await open('./users.csv');
const rows = await parse(file);
const late = new Parser(file);

export default async function () {
  for (let step = await parser.next(); !step.done; step = await parser.next()) console.log(step.value.join('|'));
  console.log(JSON.stringify(await parser.next()), JSON.stringify(await objects.next()), JSON.stringify(await objects.next()));
  console.log(rows.length, 'a file has one place:', (await late.next()).done);
}
