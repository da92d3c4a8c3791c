// Classes and objects with prototypes as exports; exports that is replaced is replaced.
const Cart = require('./cart.js');
const { price } = new Cart(3);
exports.default = () => console.log(new Cart(2).total(), price, Cart.name, require.length);
