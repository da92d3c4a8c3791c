// What is imported for its type alone is not loaded.
import { Missing } from './there-is-no-such-file.ts';
import type { Other } from './nor-this.ts';
export const options = { iterations: 1 };
const value: Missing | Other | string = 'ran';
export default (): void => console.log(value);
