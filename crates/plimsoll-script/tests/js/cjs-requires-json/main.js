const users = require('./users.json');
exports.default = () => console.log(users, require === undefined, users === again);
const again = require('./users.json');
