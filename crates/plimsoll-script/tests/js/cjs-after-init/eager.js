// What a function requires, it must require in the init context.
exports.get = () => {
  try { return require('./other.js').value; } catch (e) { return e.message; }
};
