let main;
try {
  require('./main.js');
} catch (e) {
  exports.message = `${e.name}: ${e.message}`.replace(/file:.*\//, '');
}
exports.later = () => main || { own: 'never' };
