// Nobody listens: each command is rejected, and the iteration goes on.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client({ socket: { host: '127.0.0.1', port: 1 }, maxRetries: -1 });
  for (const attempt of [1, 2]) {
    await client.get('key').catch((error) => console.log(attempt, error.name, error.message, client.isConnected()));
  }
}
