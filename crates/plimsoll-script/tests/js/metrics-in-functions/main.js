// Metrics are declared in the init context only.
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export function setup() { console.log(said(() => new Counter('late'))); }
export default function () {
  for (const Metric of [Counter, Gauge, Rate, Trend]) console.log(said(() => new Metric('late')));
}
