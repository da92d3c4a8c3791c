const a = require('./a.js');
exports.seen = Object.keys(a);
exports.late = () => a.done;
