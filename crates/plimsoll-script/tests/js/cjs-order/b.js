console.log(__VU, 'b');
exports.name = 'b';
