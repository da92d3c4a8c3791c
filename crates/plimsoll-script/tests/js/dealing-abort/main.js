import { unique } from 'plimsoll/data';

export const options = { vus: 1, iterations: 5 };

const rows = unique('./rows.csv', { onExhausted: 'abort' });

export default function () {
  try { console.log(rows.next().id); } catch (e) { console.log('never caught'); }
}
