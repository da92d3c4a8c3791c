function later() { return require('./c.js'); }
module.exports = 'b' + later();
