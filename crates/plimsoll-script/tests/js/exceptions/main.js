import { fail } from 'k6';

export const options = { iterations: 7, vus: 1 };

function inner() {
  throw new TypeError('broken');
}

export default async function () {
  switch (__ITER) {
    case 0: inner(); break;
    case 1: fail('failed on purpose'); break;
    case 2: await Promise.reject(new Error('rejected')); break;
    case 3: Promise.reject(new Error('nobody looked')); break;
    case 4: setTimeout(() => { throw new RangeError('in a timer'); }, 1); break;
    case 5: throw { code: 7 };
    default: (function deep() { return deep() + 1; })();
  }
}
