import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  console.log(http.get(`${base}/redirect/10`).status, http.get(`${base}/redirect/11`).url);
  console.log(http.get(`${base}/redirect/11`).status);
  console.log(http.get(`${base}/redirect/3`, { redirects: 3 }).status, http.get(`${base}/redirect/3`, { redirects: 2 }).status);
  console.log(http.get(`${base}/redirect/1`, { redirects: 0 }).status);
  console.log(http.get(`${base}/redirect/1`, { redirects: -1 }).error);
  const kept = http.post(`${base}/redirect-307`, 'again');
  console.log(kept.body);
  const nowhere = http.get(`${base}/redirect-nowhere`);
  console.log(nowhere.status, nowhere.error_code, nowhere.error);
}
