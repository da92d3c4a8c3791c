const eager = require('./eager.js');
exports.default = function () {
  for (const name of ['./eager.js', './other.js', 'k6']) {
    try { require(name); } catch (e) { console.log(e.name, e.message); }
  }
  console.log(eager.get());
};
