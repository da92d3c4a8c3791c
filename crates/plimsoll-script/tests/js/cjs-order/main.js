// A file runs when it is required, not before; once, whoever asks.
console.log(__VU, 'main begins');
const a = require('./a.js');
console.log(__VU, 'between');
const b = require('./b.js');
console.log(__VU, 'main ends', a.name, b.name, require('./a.js') === a);
exports.default = function () {};
