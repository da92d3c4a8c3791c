(function (root, factory) {
  if (typeof define === 'function' && define.amd) {
    define([], factory);
  } else if (typeof module === 'object' && module.exports) {
    module.exports = factory();
  } else {
    root.root_of_umd = factory();
  }
})(typeof self !== 'undefined' ? self : this, function () {
  var lib = {};
  ['add', 'sub'].forEach(function (name, i) { lib[name] = function (a, b) { return i ? a - b : a + b; }; });
  lib.version = '1.2.3';
  return lib;
});
