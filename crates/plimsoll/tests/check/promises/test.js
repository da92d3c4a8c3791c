import { open as openFile } from 'k6/experimental/fs';
import * as csv from 'k6/experimental/csv';

const file = await openFile('data.csv');
const rows = new csv.Parser(file);

export default async function () {
  rows.next();
  await rows.next();
  rows.next().then(() => {});
  file.seek(0, 0);
  const stat = file.stat();
  return stat;
}
