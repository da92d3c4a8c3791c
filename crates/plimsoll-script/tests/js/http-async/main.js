import http from 'k6/http';

const base = __ENV.SERVER;

export default async function () {
  const promise = http.asyncRequest('POST', `${base}/echo`, 'later', { headers: { 'X-A': '1' } });
  console.log(promise instanceof Promise);
  const res = await promise;
  console.log(res.status, res.body);
  const all = await Promise.all(['a', 'b', 'c'].map((name) => http.asyncRequest('GET', `${base}/echo?${name}`)));
  all.forEach((each) => console.log(each.body.split('\n')[0]));
  const refused = await http.asyncRequest('GET', 'http://127.0.0.1:1/');
  console.log(refused.status, refused.error_code);
  const wrong = await http.asyncRequest('GET', base, null, { timeout: 'soon' });
  console.log(wrong.status, wrong.error);
  await http.asyncRequest('GET', base, null, { timeout: 'soon', throw: true }).catch((e) => console.log('caught', e.message));
  await http.asyncRequest('GET', `${base}/close`, null, { throw: true }).catch((e) => console.log('caught', e.message));
}
