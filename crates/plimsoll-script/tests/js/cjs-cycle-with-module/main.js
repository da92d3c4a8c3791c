// The same between the two kinds of file: a module cannot be required while it waits for the one that asks.
import { message, later } from './a.js';
export const own = 'own';
export default () => console.log(message, later().own);
