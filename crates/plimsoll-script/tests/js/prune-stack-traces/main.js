import { fails } from './lib.js';
export default () => { try { fails(); } catch (e) { console.log(e.message, e.stack.split('\n')[0].trim().replace(/.*lib/, 'lib')); } };
