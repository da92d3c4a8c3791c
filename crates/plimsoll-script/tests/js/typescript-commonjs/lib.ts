const sum = (a: number, b: number): number => a + b;
enum Kind { Common = 'common' }
module.exports = { sum, kind: Kind.Common };
