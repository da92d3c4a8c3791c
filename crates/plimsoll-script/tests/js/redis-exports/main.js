// The class is exported by name and by default, under both names of the module.
import redis, { Client } from 'k6/experimental/redis';
import other, { Client as OtherClient } from 'k6/x/redis';

export default function () {
  console.log(Object.keys(redis), Object.keys(other));
  console.log(typeof Client, Client.name, typeof OtherClient, redis.Client === Client);
}
