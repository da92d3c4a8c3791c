// A file that is named in a branch that is not taken does not run.
if (__ENV.NEVER) require('./never.js');
function later() { return require('./never.js'); }
exports.default = () => console.log('ran', typeof later);
