// .cjs and .mjs say what a file is.
import common from './a.cjs';
import './b.mjs';
export default () => console.log(common, globalThis.fromModule);
