// Sleeping for nothing, less than nothing or no number is no sleep.
import { sleep } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  const start = Date.now();
  for (const seconds of [0, -1, -Infinity, NaN, undefined, null, '', 'text', {}, []]) console.log(said(() => sleep(seconds)));
  console.log(said(() => sleep()));
  console.log(said(() => sleep(Symbol('s'))), said(() => sleep(1n)));
  console.log(Date.now() - start < 5000);
}
