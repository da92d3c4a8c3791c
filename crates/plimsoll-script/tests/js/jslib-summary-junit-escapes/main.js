import { jUnit } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

export default function () {
  const thresholds = { "p(95)<5 && '\u0000'>\"1\"": { ok: false } };
  console.log(jUnit({ metrics: { 'http_reqs{url:http://a/?b&c=😀}': { type: 'counter', values: {}, thresholds } } }));
  console.log(jUnit({ metrics: {} }));
}
