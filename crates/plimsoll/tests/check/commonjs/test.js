const http = require('k6/http');
const { helper } = require('./lib.js');

exports.options = { vus: 1, iterations: 1 };

module.exports.default = function () {
  helper();
  http.nothingOfTheKind();
};
