// The methods are those of k6.
import redis from 'k6/experimental/redis';

export default function () {
  const client = new redis.Client('redis://h');
  console.log(Object.keys(client).join(' '));
  console.log(Object.keys(client).every((name) => typeof client[name] === 'function' && client[name].name === name));
  console.log(client.get === client.get, 'get' in client, 'nope' in client, client.nope);
}
