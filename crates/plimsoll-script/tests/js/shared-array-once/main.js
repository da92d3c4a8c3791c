import { SharedArray } from 'k6/data';

export const options = { vus: 3, iterations: 3 };

const data = new SharedArray('made once', () => {
  console.log('made in VU', __VU);
  return [__VU];
});
const again = new SharedArray('made once', () => ['another function is not called']);
const copy = new SharedArray('of another', () => data);
const own = new SharedArray(`of VU ${Math.min(__VU, 1)}`, () => [__VU > 0]);

export default function () {
  if (data[0] !== 0 || again[0] !== 0 || copy[0] !== 0 || own[0] !== true) throw new Error('not shared');
}
