// A client is made of a URL or an object.
import redis from 'k6/experimental/redis';

export default function () {
  for (const options of [undefined, null, 7, true, [], () => 1, Symbol('s')]) {
    try {
      new redis.Client(options);
    } catch (error) {
      console.log(error.name, error.message);
    }
  }
}
