// Libraries look for what is not there, and go on.
for (const name of ['fs', './missing.js', './folder', 'https', '', undefined, null, 7]) {
  try { require(name); } catch (e) { if (__VU) console.log(e.name, e.message); }
}
let crypto;
try { crypto = require('crypto'); } catch { crypto = null; }
exports.default = () => console.log(crypto);
