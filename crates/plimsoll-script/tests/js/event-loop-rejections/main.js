// A rejection that nobody handles ends the iteration as an exception; one that is handled later does not.
export const options = { iterations: 5, vus: 1 };
export default async function () {
  switch (__ITER) {
    case 0: Promise.reject(new RangeError('nobody')); break;
    case 1: { const p = Promise.reject(new Error('handled')); p.catch(() => console.log('handled')); break; }
    case 2: setTimeout(() => Promise.reject('from a timer'), 1); break;
    case 3: throw new TypeError('thrown after'); 
    default: await (async () => { try { await Promise.reject(new Error('x')); } catch (e) { console.log('caught', e.message); } })();
  }
}
