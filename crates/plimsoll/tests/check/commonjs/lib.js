(function (root, factory) {
  if (typeof module === 'object' && module.exports) module.exports = factory();
  else root.lib = factory();
})(this, () => ({ helper() { return require('k6').sleepy; } }));
