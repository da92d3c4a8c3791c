// Each VU has exports of its own.
const counter = require('./counter.js');
exports.options = { vus: 3, iterations: 3 };
exports.default = () => { counter.count += __VU; if (counter.count > 3) throw new Error('shared'); };
exports.teardown = () => console.log('own', counter.count);
