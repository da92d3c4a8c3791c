import seven from './seven.js';
import nothing from './null.js';
import * as whole from './seven.js';
export default () => console.log(seven, nothing, Object.keys(whole), require.name);
