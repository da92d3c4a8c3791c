import { check, other } from './check.js';
export default function add(a, b) { return check(a) + check(b); }
export const again = () => other();
