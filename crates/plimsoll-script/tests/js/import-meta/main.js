// Where a module is, and what a specifier means there.
import { where } from './lib/where is it.js';
const short = (url) => url.replace(/^file:.*import-meta\//, 'file:///HERE/');
export default function () {
  console.log(short(import.meta.url), short(where.url), short(where.data), where.builtin);
  for (const bad of ['lodash', '', undefined]) {
    try { import.meta.resolve(bad); } catch (e) { console.log(e.name, e.message); }
  }
  console.log(Object.keys(import.meta), where.text);
}
