// Forms of URLs that are understood.
import { Client } from 'k6/experimental/redis';

export default function () {
  const urls = ['redis://localhost', 'redis://localhost:7000/3', 'redis://:pass@h', 'redis://ann:pa%40ss@h/1?db=2',
    'rediss://h', 'redis://[::1]:6379', 'redis://h?read_timeout=2s&dial_timeout=1&pool_size=5&protocol=2'];
  for (const url of urls) {
    console.log(url, new Client(url).isConnected());
  }
}
