exports.name = 'a';
exports.b = require('./b.js');
exports.seenByB = exports.b.seen;
exports.done = true;
