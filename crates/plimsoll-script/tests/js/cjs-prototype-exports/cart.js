exports.lost = 1;
class Cart {
  constructor(n) { this.n = n; this.price = 5; }
  total() { return this.n * 5; }
}
exports = module.exports = Cart;
