// Secrets may be asked for at the top level.
import secrets from 'k6/secrets';

const why = await secrets.get('token').catch((error) => error.message);

export default function () {
  console.log(why);
}
