export { default } from './main.ts';
