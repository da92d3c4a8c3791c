// Clients that nobody uses cost no connection.
import redis from 'k6/experimental/redis';

export default function () {
  const clients = Array.from({ length: 1000 }, (_, n) => new redis.Client(`redis://127.0.0.1:1/${n}`));
  console.log(clients.length, clients.some((client) => client.isConnected()));
}
