import { textSummary } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

export default function () {
  console.log(JSON.stringify(textSummary({ metrics: {} })));
  console.log(JSON.stringify(textSummary({ root_group: { name: '', checks: {}, groups: {} }, metrics: {} })));
}
