// Three requests pass the gate together: two promises, and a request that blocks the script meanwhile.
import http from 'k6/http';

const base = __ENV.SERVER;

export default async function () {
  const promises = [1, 2].map(() => http.asyncRequest('GET', `${base}/gate/3`));
  console.log(http.get(`${base}/gate/3`).status);
  console.log((await Promise.all(promises)).map((res) => res.status));
  console.log(http.get(`${base}/gate/0`).body);
}
