// Libraries that look for the global object in all the ways of their time.
const lib = require('./lib.js');

exports.default = function () {
  console.log(lib.global === globalThis, lib.loose === globalThis, lib.top, leaked, lib.octal);
};
