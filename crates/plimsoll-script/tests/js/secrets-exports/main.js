// The default export has both functions, and they are made once.
import secrets from 'k6/secrets';

export default function () {
  console.log(Object.keys(secrets));
  console.log(typeof secrets.get, secrets.get.name, typeof secrets.source, secrets.source.name);
  console.log(secrets.get === secrets.get);
}
