// What the console shows of every kind of value.
export default function () {
  console.log('plain', 1, 1.5, true, null, undefined);
  console.log({ a: 1, b: 'x', c: [1, '2'], d: undefined, e: null, f() {} });
  console.log([]);
  console.log({});
  const circle = {};
  circle.self = circle;
  console.log(circle);
  console.log(new Date(0));
  console.log(new Error('bad'));
  console.info('info');
  console.warn('warn');
  console.error('error');
  console.log('naïve 🚢', 10n);
  console.log();
}
