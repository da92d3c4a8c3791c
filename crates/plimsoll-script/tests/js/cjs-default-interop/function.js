module.exports = () => 'fn';
module.exports.helper = () => 'helper';
