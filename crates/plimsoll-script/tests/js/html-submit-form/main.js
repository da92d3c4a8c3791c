import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const page = http.get(`${base}/page`);
  const show = (response) => console.log(response.url + '\n' + response.body.replace(/\r/g, ''));
  show(page.submitForm());
  show(page.submitForm({ formSelector: '#search', fields: { q: 'ü', extra: [1, 2], tag: null } }));
  show(page.submitForm({ formSelector: '#login', fields: { user: 'ann' } }));
  show(page.submitForm({ formSelector: '#login', submitSelector: '[name=action]' }));
  console.log(page.submitForm({ formSelector: '#self' }).url);
}
