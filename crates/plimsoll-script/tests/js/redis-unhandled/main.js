// A rejection that nobody handles ends the iteration.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client({ socket: { host: '127.0.0.1', port: 1 }, maxRetries: -1 });
  await client.smembers('set');
  console.log('never');
}
