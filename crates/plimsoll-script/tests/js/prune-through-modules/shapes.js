import { mul } from './more.js';
export class Shape { constructor(n) { this.n = n; } area() { return mul(this.n, this.n); } }
export class Unused extends Shape { area() { return 0; } }
export default () => Unused.name;
