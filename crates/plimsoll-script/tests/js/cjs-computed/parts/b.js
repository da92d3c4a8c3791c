exports.name = new Map([['b', 'b']]).get('b');
