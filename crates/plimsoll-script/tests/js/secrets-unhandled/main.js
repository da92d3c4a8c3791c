// A rejection that nobody handles ends the iteration.
import secrets from 'k6/secrets';

export default async function () {
  await secrets.get('token');
  console.log('never');
}
