import http from 'k6/http';

export const options = {
  thresholds: {
    'http_req_duration{status:2xx}': ['avg<500'],
    'http_req_duration{status:200}': ['avg<500'],
    'http_req_duration{method:get}': ['avg<500'],
    'http_req_duration{method:GET}': ['avg<500'],
    'http_req_duration{expected_response:yes}': ['avg<500'],
    'http_req_duration{url:/login}': ['avg<500'],
    'http_req_duration{url:http://localhost/}': ['avg<500'],
    'http_req_duration{ip:127.0.0.1}': ['avg<500'],
  },
};

export default function () {
  http.get('http://localhost/');
}
