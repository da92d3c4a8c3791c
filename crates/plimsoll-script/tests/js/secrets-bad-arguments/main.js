// Names are texts.
import secrets from 'k6/secrets';

export default async function () {
  for (const name of [undefined, null, 7, {}, ['a']]) {
    await secrets.get(name).catch((error) => console.log('get', error.name, error.message));
    try {
      secrets.source(name);
    } catch (error) {
      console.log('source', error.name, error.message);
    }
  }
  await secrets.get().catch((error) => console.log(error.message));
}
