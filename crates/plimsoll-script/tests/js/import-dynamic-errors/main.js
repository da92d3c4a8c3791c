// Every failure is a rejection.
const names = ['./missing.js', './bad-export.js', './throws.js', './syntax.js', './folder', 'lodash', 7];
for (const name of names) {
  try {
    await import(name);
    console.log('loaded', name);
  } catch (e) {
    if (__VU) console.log(`${e.name}: ${e.message}`);
  }
}
export default () => {};
