module.exports = { add: (a, b) => a + b, sub: 1 };
