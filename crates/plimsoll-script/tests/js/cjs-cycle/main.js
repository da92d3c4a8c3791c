// Files that require each other see what there is of each other.
const a = require('./a.js');
exports.default = () => console.log(a.name, a.seenByB, a.b.late());
