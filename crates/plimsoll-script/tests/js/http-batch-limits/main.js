// Requests wait at the gate until so many are there at once.
import http from 'k6/http';

const base = __ENV.SERVER;
export const options = { batch: 20, batchPerHost: 4 };

export default function () {
  const eight = http.batch(new Array(8).fill(`${base}/gate/4`));
  console.log(eight.every((res) => res.status === 200), http.get(`${base}/gate/0`).body);
  const other = base.replace('127.0.0.1', 'localhost');
  const both = http.batch([...new Array(4).fill(`${base}/gate/8`), ...new Array(4).fill(`${other}/gate/8`)]);
  console.log(both.every((res) => res.status === 200), http.get(`${base}/gate/0`).body);
}
