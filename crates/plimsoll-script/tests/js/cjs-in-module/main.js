// require in an ES module: relative to the file that calls.
import { sub } from './lib/sub.js';
const name = require('./name.js');
export default () => console.log(name, sub);
