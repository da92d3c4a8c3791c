;(function () {
  var root = typeof global == 'object' && global && global.Object === Object && global;
  var self_ = typeof self == 'object' && self && self.Object === Object && self;
  var found = root || self_ || Function('return this')();
  leaked = 'made without var';
  var loose = (function () { return this; })();
  module.exports = { global: found, loose: loose, top: this === exports, octal: 010 };
}.call(this));
