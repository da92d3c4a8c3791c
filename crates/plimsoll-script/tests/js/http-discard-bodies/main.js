import http from 'k6/http';

export const options = { discardResponseBodies: true };

export default function () {
  const get = (params) => http.get(`${__ENV.SERVER}/json`, params).body;
  console.log(get(), get({ responseType: 'text' }).length, get({ responseType: 'binary' }).byteLength);
  try { http.get(`${__ENV.SERVER}/json`).json(); } catch (e) { console.log(e.message); }
}
