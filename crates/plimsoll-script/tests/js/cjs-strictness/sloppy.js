undeclared = 1;
var o = { a: 1 };
with (o) { a = 2; }
delete o.a;
function same(a, a) { return arguments.callee === same; }
if (!same()) throw new Error('not sloppy');
