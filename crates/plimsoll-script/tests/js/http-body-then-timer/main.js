// A body that is no ArrayBuffer leaves nothing behind that would end the iteration.
import http from 'k6/http';

export default async function () {
  http.post(`${__ENV.SERVER}/echo`, { a: 'form' });
  http.post(`${__ENV.SERVER}/echo`, new Uint8Array([65]));
  await new Promise((resolve) => setTimeout(resolve, 1));
  console.log('still there');
}
