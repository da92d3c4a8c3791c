// A name stands for one metric: of one type, and of one kind of values.
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

new Trend('slow', true);
if (__VU === 0) {
  console.log(said(() => new Trend('slow', true).name));
  console.log(said(() => new Trend('slow')));
  for (const Metric of [Counter, Gauge, Rate]) console.log(said(() => new Metric('slow')));
  console.log(said(() => new Trend('http_req_duration', true).name), said(() => new Counter('http_req_duration')));
}

export default function () {}
