import http from 'k6/http';

export const options = { maxRedirects: 1 };

export default function () {
  console.log(http.get(`${__ENV.SERVER}/redirect/1`).status, http.get(`${__ENV.SERVER}/redirect/2`).status);
  console.log(http.get(`${__ENV.SERVER}/redirect/2`, { redirects: 2 }).status);
}
