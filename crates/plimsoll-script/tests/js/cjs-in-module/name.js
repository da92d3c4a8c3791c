module.exports = 'outer';
