// A file that throws is asked again, and the place is that of its own text.
for (let i = 0; i < 2; i++) {
  try { require('./bad.js'); } catch (e) {
    if (__VU) console.log(e.message, e.stack.split('\n')[0].replace(/file:.*\//, ''), globalThis.times);
  }
}
exports.default = () => {};
