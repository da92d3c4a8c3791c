// Who a single request is: certificates and keys that can be used, and such that cannot.
import http from 'k6/http';
const [cert, key, encrypted] = ['client.crt', 'client.key', 'encrypted.key'].map((name) => open(name));
export default function () {
  const show = (what, tls) => {
    const { status, error } = http.get(`${__ENV.SERVER}/`, { tls });
    console.log(what, status, error);
  };
  show('nobody', undefined);
  show('null', null);
  show('nothing', {});
  show('both', { cert, key });
  show('password', { cert, key: encrypted, password: 'secret' });
  show('no password', { cert, key: encrypted });
  show('other password', { cert, key: encrypted, password: 'other' });
  show('no key', { cert });
  show('no certificate', { key });
  show('exchanged', { cert: key, key: cert });
  show('broken', { cert: cert.slice(0, 100), key });
  show('number', { cert: 7, key });
  show('unknown', { cert, key, ca: cert });
  show('no object', 'client.crt');
}
