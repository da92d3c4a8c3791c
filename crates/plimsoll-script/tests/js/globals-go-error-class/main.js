// GoError as a class of one's own errors.
class Mine extends GoError { get code() { return 7; } }
export const options = { iterations: 1 };

export default function () {
  const error = new GoError('text', { cause: 1 });
  console.log(error.name, error.message, error.cause, String(error), error instanceof Error, GoError.name, typeof error.stack);
  const mine = new Mine('m');
  console.log(mine instanceof Mine, mine instanceof GoError, mine.code, mine.message, new GoError().message === '', Object.prototype.toString.call(error));
}
