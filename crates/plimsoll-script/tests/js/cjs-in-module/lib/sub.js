export const sub = require('./name.js');
