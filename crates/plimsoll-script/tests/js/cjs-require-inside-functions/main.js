// require inside of functions and callbacks, as long as they run in the init context.
const load = (name) => require(name);
const all = ['./a.js', './lib/b.js'].map((name) => load(name));
const direct = ['./a.js'].map(require);
exports.default = () => console.log(all, direct);
