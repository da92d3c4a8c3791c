import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { SharedArray } from 'k6/data';
import { Client } from 'k6/experimental/redis';
import { Parser } from 'k6/experimental/csv';

const trend = new Trend('latency', true);
const bare = Counter('bare');
class Named extends Rate {
  constructor(name) { super(`named_${name}`); }
  yes() { return this.add(true); }
}
const named = new Named('rate');
const client = new Client('redis://127.0.0.1:1');
const rows = new SharedArray('rows', () => [1]);

export default function () {
  console.log(trend instanceof Trend, trend instanceof Counter, trend.constructor === Trend, Object.keys(trend));
  console.log(bare.name, bare instanceof Counter, bare.add(1), ({}) instanceof Gauge);
  console.log(named instanceof Named, named instanceof Rate, named.name, named.yes());
  console.log(client instanceof Client, client.constructor === Client, rows instanceof SharedArray);
  console.log(({}) instanceof Parser, typeof Parser.prototype.next, Parser.name, Trend.name);
}
