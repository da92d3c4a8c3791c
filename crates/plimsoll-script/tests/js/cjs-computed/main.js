// Names that are computed: files of the graph, others of the folder, built-in modules.
const wanted = ['a', 'b'];
const found = wanted.map((name) => require(`./parts/${name}.js`).name);
const encoding = require(['k6', 'encoding'].join('/'));
const data = require('./parts/' + 'data.json');
const mixed = require('./parts/' + 'module.js');
exports.default = () => console.log(found, encoding.b64encode('x'), data, mixed.default, mixed.fromA);
