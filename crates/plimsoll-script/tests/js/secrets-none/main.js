// Without sources every secret is missing; the promise is rejected, nothing throws at once.
import secrets from 'k6/secrets';

export default async function () {
  const promise = secrets.get('token');
  console.log(promise instanceof Promise);
  try {
    await promise;
  } catch (error) {
    console.log(error.name, error.message);
  }
}
