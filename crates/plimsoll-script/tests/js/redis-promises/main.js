// Methods give promises, which may be chained, gathered, and left alone.
import redis from 'k6/experimental/redis';

export default async function () {
  const client = new redis.Client({ socket: { host: '127.0.0.1', port: 1 }, maxRetries: -1 });
  const promise = client.incr('key');
  console.log(promise instanceof Promise);
  const all = await Promise.allSettled([promise, client.llen('list'), client.randomKey()]);
  console.log(all.map((one) => one.status));
  await promise.then(() => console.log('never'), (error) => console.log(error.message));
}
