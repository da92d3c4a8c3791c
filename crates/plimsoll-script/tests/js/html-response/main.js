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
  console.log(page.html().find('title').text(), page.html('a').size(), page.html('#first').get(0).href());
  console.log(page.html('form').get(0).action(), page.html('#self').get(0).action() === '');
  const lengths = page.html('a').map((i, a) => a.text().length);
  console.log(JSON.stringify(lengths));
  refused(() => page.html('a['));
  refused(() => http.get(`${base}/empty`).html());
  console.log(http.get(`${base}/json`).html().find('body').text());
}
