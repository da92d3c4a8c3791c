exports.one = 1;
exports.two = 2;
for (const name of ['three']) exports[name] = 3;
