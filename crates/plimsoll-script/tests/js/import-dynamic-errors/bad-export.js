import { none } from './empty.js';
