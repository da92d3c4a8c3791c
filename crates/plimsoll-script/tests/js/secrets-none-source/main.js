// A source is only looked for when a secret is asked for.
import secrets from 'k6/secrets';

export default async function () {
  const vault = secrets.source('vault');
  console.log(Object.keys(vault), typeof vault.get);
  await vault.get('token').catch((error) => console.log(error.name, error.message));
}
