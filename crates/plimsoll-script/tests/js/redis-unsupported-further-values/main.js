// Of several values the first wrong one is named.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client('redis://127.0.0.1:1');
  const tried = [client.lpush('list', 'a', 1, null, {}), client.rpush('list', {}), client.sadd('set', 'a', []),
    client.srem('set', undefined), client.del('a', {}), client.exists('a', 'b', null), client.mget({}),
    client.hdel('key', 'a', null), client.sendCommand('SET', 'a', {})];
  for (const promise of tried) {
    await promise.catch((error) => console.log(error.message));
  }
}
