import { word } from './words.js';
export const hello = word;
