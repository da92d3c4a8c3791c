const lib = require('./lib.js');
exports.default = function main() {
  try { lib.fail(); } catch (e) { console.log(e.stack.replace(/file:\S*\//g, '')); }
  lib.fail();
};
