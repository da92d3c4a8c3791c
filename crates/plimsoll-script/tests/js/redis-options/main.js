// All of k6's options are accepted.
import redis from 'k6/experimental/redis';

export default function () {
  const client = new redis.Client({
    socket: { host: 'h', port: 6380, dialTimeout: 1000, readTimeout: -1, writeTimeout: 0, poolSize: 10, minIdleConns: 1,
      maxConnAge: 0, poolTimeout: 5, idleTimeout: 5, idleCheckFrequency: 5 },
    username: 'ann', password: 'x', database: 3, maxRetries: -1, minRetryBackoff: 1, maxRetryBackoff: 2,
  });
  console.log(client.isConnected());
}
