// Which HTTP is spoken, as the parameter and the option say. The server knows HTTP/1.1 only.
import http from 'k6/http';
export const options = { httpVersion: '1.1' };
export default function () {
  const show = (httpVersion) => {
    const { status, proto, error, error_code } = http.get(`${__ENV.SERVER}/`, { httpVersion });
    console.log(JSON.stringify(httpVersion), status, proto, error_code, error);
  };
  [undefined, null, 'auto', '1.1', '2', '3', 2, {}].forEach(show);
  try {
    http.get(`${__ENV.SERVER}/`, { httpVersion: 'x', throw: true });
  } catch (error) {
    console.log(error.toString());
  }
}
