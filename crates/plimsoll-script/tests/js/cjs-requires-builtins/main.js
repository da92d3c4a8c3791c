// Built-in modules by require: members, themselves as default, the same object each time.
const names = ['k6', 'k6/http', 'k6/data', 'k6/metrics', 'k6/execution', 'k6/encoding', 'k6/crypto', 'k6/html'];
for (const name of __VU ? names : []) {
  const module = require(name);
  console.log(name, module.default === module, module.__esModule, require(name) === module);
  console.log(Object.keys(module).includes('default'), Object.keys(module).length > 0);
}
const { b64encode } = require('k6/encoding');
exports.default = () => console.log(b64encode('plim'));
