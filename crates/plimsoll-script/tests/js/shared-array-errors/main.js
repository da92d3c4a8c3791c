import { SharedArray } from 'k6/data';

function attempt(what, make) {
  try { make(); console.log(what, 'went through'); } catch (e) { console.log(what, `${e.name}: ${e.message}`); }
}

attempt('nothing', () => new SharedArray());
attempt('empty name', () => new SharedArray('', () => []));
attempt('number as name', () => new SharedArray(7, () => []));
attempt('no function', () => new SharedArray('a'));
attempt('array', () => new SharedArray('a', [1]));
attempt('async', () => new SharedArray('a', async () => []));
attempt('object', () => new SharedArray('a', () => ({ length: 1 })));
attempt('undefined', () => new SharedArray('a', () => undefined));
attempt('string', () => new SharedArray('a', () => 'abc'));
attempt('throwing', () => new SharedArray('a', () => { throw new RangeError('out of luck'); }));
attempt('BigInt', () => new SharedArray('a', () => [1n]));
attempt('cycle', () => new SharedArray('a', () => { const o = {}; o.o = o; return [o]; }));
attempt('after all that', () => new SharedArray('a', () => [1]));

export default function () {
  attempt('in an iteration', () => new SharedArray('b', () => []));
}
