// Counts, indexes and times are whole numbers.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client('redis://127.0.0.1:1');
  const tried = [client.incrBy('key', 1.5), client.decrBy('key', '1'), client.expire('key', NaN), client.lrange('key', 0, null),
    client.lindex('key', 'x'), client.hincrby('key', 'field', {}), client.set('key', 'value', '10'), client.incrBy('key', 1e300)];
  for (const promise of tried) {
    await promise.catch((error) => console.log(error.message));
  }
}
