import { isEven } from './even.js';
export default () => console.log(isEven(10), isEven(7));
