// Which argument is missing is told by its place.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client('redis://127.0.0.1:1');
  const tried = [client.get(), client.set('key'), client.hset('key', 'field'), client.lset('key', 1), client.lrem('key', 1),
    client.sismember('set'), client.sendCommand(), client.ttl()];
  for (const promise of tried) {
    await promise.catch((error) => console.log(error.message));
  }
}
