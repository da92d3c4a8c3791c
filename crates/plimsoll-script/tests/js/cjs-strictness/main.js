import './sloppy.js';
import { strict } from './strict.js';
export default () => console.log(strict, typeof undeclared);
