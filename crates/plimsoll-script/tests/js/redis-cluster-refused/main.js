// Clusters and sentinels are refused by name.
import redis from 'k6/experimental/redis';

export default function () {
  for (const options of [{ cluster: { nodes: ['redis://a', 'redis://b'] } }, { masterName: 'm', socket: { host: 'h' } }]) {
    try {
      new redis.Client(options);
    } catch (error) {
      console.log(error.name, error.message);
    }
  }
}
