export { default, options } from './main.ts';
