// A UMD library, as it is shipped: with its default export, as a whole, by names, and by require.
import lib from './umd.js';
import * as whole from './umd.js';
import { add, version as v } from './umd.js';

const required = require('./umd.js');

export default function () {
  console.log(add(1, 2), v, lib === required, lib.add === add, whole.add === add);
  console.log(Object.keys(whole), whole.default === lib, typeof root_of_umd);
}
