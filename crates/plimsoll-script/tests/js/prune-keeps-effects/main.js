import { wanted } from './lib.js';
import './only.js';
export default () => console.log(wanted(), globalThis.log.join(' '));
