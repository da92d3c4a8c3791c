exports.value = require('./leaf.js');
