module.exports = { name: 'plain' };
