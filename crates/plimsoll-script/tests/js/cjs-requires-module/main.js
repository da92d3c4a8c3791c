// An ES module by require: its namespace, the same one that import gives, bindings alive.
const counter = require('./counter.js');
const again = require('./again.js');

exports.default = function () {
  counter.increment();
  console.log(counter.count, counter.default, again.same(counter), Object.keys(counter));
};
