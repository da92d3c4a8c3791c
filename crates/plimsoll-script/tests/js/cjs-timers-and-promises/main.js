// What an entry leaves to do is done before it counts as loaded.
exports.order = ['sync'];
Promise.resolve().then(() => exports.order.push('promise'));
setTimeout(() => exports.order.push('timer'), 1);
exports.default = () => console.log(exports.order);
