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
  const show = (response) => console.log(response.url, response.request.method, response.body.split('\n')[0]);
  show(page.clickLink());
  show(page.clickLink({ selector: 'a:contains("Second")' }));
  console.log(page.clickLink({ params: { headers: { 'X-Own': 'yes' } } }).body.includes('X-Own: yes'));
  refused(() => page.clickLink({ selector: '#nope' }));
  refused(() => page.clickLink({ selector: '#plain' }));
  refused(() => page.clickLink({ selector: 'a[' }));
  refused(() => page.clickLink('a'));
}
