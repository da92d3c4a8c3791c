console.log(__VU, 'a begins');
exports.name = 'a with ' + require('./b.js').name;
console.log(__VU, 'a ends');
