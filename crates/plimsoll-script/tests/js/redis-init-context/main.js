// Clients are made in the init context, and used later.
import redis from 'k6/experimental/redis';

const client = new redis.Client('redis://127.0.0.1:1');
const why = await client.get('key').catch((error) => error.message);

export default function () {
  console.log(why);
}
