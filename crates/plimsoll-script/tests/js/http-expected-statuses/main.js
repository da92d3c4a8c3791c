import http from 'k6/http';

const base = __ENV.SERVER;
export const options = {
  thresholds: {
    'http_req_failed{name:by-default}': ['rate==1'], 'http_req_failed{name:expected}': ['rate==0'],
    'http_req_failed{name:set}': ['rate==0'], 'http_reqs{name:nobody,expected_response:true}': ['count==0'],
  },
};

export default function () {
  const get = (name, params) => http.get(`${base}/status/404`, { tags: { name }, ...params });
  get('by-default');
  get('expected', { responseCallback: http.expectedStatuses(404) });
  get('nobody', { responseCallback: null });
  get('nobody', { responseCallback: undefined });
  http.setResponseCallback(http.expectedStatuses({ min: 400, max: 499 }, 200));
  get('set');
  http.setResponseCallback(null);
  get('nobody');
  for (const wrong of [[], ['200'], [{ min: 200 }], [99.5], [null]]) {
    try { http.expectedStatuses(...wrong); } catch (e) { console.log(e.name, e.message); }
  }
  for (const wrong of [5, 'x', {}, () => true]) {
    try { http.setResponseCallback(wrong); } catch (e) { console.log(e.name, e.message); }
  }
}
