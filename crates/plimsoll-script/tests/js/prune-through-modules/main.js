import { add, sub as minus } from './index.js';
import pick, { Shape } from './shapes.js';
export default () => console.log(add(1, 2), minus(3, 1), pick(), new Shape(2).area());
