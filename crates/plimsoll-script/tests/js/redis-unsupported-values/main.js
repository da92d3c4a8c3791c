// Keys and values are texts, numbers and booleans.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client('redis://127.0.0.1:1');
  for (const value of [undefined, null, {}, [], new ArrayBuffer(2), () => 1, Symbol('s'), NaN, Infinity]) {
    await client.set('key', value, 0).catch((error) => console.log(error.name, error.message));
  }
}
