import parse from './bundle.js';
import { name } from './bundle.js';

export default function () {
  console.log(name, parse('a,b'), parse.name);
}
