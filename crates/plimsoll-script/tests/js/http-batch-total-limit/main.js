import http from 'k6/http';

const base = __ENV.SERVER;
export const options = { batch: 3, batchPerHost: 0 };

export default function () {
  const six = http.batch(new Array(6).fill(`${base}/gate/3`));
  console.log(six.every((res) => res.status === 200), http.get(`${base}/gate/0`).body);
}
