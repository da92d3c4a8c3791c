// An entry in CommonJS: its exports are those of the script.
const http = require('k6/http');
const { check } = require('k6');

exports.options = { vus: 1, iterations: 2 };

exports.default = function (data) {
  const response = http.get(`${__ENV.SERVER}/get`);
  console.log(__ITER, data.from, check(response, { ok: (r) => r.status === 200 }));
};

exports.setup = () => ({ from: 'setup' });
exports.teardown = (data) => console.log('teardown', data.from);
