exports.name = 'a' + require('./' + 'b.js').name;
