// Connecting is tried again before a command fails.
import redis from 'k6/experimental/redis';

export default async function () {
  const socket = { host: '127.0.0.1', port: 1 };
  const client = new redis.Client({ socket, maxRetries: 2, minRetryBackoff: 20, maxRetryBackoff: 30 });
  const start = Date.now();
  await client.get('key').catch((error) => console.log(error.message));
  console.log(Date.now() - start >= 45);
}
