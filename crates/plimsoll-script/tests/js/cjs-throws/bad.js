globalThis.times = (globalThis.times || 0) + 1;
module.exports = { partial: true };
  throw new Error('from bad');
