// Errors keep name, message, stack and cause.
export const options = { iterations: 1 };

export default function () {
  const cause = new TypeError('inner');
  const error = new RangeError('outer', { cause }); error.extra = 1;
  const copy = structuredClone(error);
  console.log(copy.name, copy.message, copy instanceof RangeError, copy.stack === error.stack, copy.extra, Object.keys(copy).length);
  console.log(copy.cause instanceof TypeError, copy.cause.message, copy.cause !== cause);
  class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; } }
  const mine = structuredClone(new Mine('m'));
  console.log(mine.name, mine.message, mine instanceof Mine, mine instanceof Error, 'cause' in mine);
  const loop = new Error('loop'); loop.cause = loop;
  console.log(structuredClone(loop).cause.message);
}
