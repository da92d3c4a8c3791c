// TypeScript and CommonJS in one script; a .ts file without import and export is CommonJS.
import lib from './lib.ts';
export const options = { iterations: 1 };
export default (): void => console.log(lib.sum(1, 2), lib.kind);
