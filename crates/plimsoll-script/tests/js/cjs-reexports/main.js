import { one, three, lib } from './index.js';
import * as index from './index.js';
export default () => console.log(one, three, lib.two, Object.keys(index).sort());
