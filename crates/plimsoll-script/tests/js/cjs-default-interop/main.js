// A default that was exported as such is the default; otherwise it is everything.
import own from './own.js';
import everything from './everything.js';
import fn, { helper } from './function.js';
export default () => console.log(own, everything, fn(), helper());
