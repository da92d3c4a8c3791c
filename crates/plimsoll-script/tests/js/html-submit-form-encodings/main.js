import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const page = http.get(`${base}/page`);
  const show = (response) => console.log(response.body.replace(/\r/g, ''));
  show(page.submitForm({ formSelector: '#upload' }));
  show(page.submitForm({ formSelector: '#mail' }));
  show(page.submitForm({ formSelector: '#mail', params: { headers: { 'content-type': 'text/own' } } }));
}
