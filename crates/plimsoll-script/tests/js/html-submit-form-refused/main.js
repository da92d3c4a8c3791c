import http from 'k6/http';

const base = __ENV.SERVER;

const refused = (call) => {
  try {
    return call();
  } catch (error) {
    console.log(String(error));
  }
};

export default function () {
  const page = http.get(`${base}/page`);
  refused(() => page.submitForm({ formSelector: '#nope' }));
  refused(() => page.submitForm({ formSelector: 'a' }));
  refused(() => page.submitForm({ submitSelector: '((' }));
  refused(() => page.submitForm({ fields: 'a=1' }));
  refused(() => page.submitForm(7));
  refused(() => http.get(`${base}/empty`).submitForm());
}
