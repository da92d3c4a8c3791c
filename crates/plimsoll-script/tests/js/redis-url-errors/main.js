// What is wrong with a URL is told when the client is made.
import { Client } from 'k6/experimental/redis';

export default function () {
  const urls = ['', 'nonsense', 'http://h', 'unix:///tmp/x', 'redis://h/x', 'redis://h/-1', 'redis://h?colour=red',
    'redis://h?dial_timeout=soon', 'redis://h?max_retries=x', 'redis://h:99999'];
  for (const url of urls) {
    try {
      new Client(url);
      console.log(url, 'was accepted');
    } catch (error) {
      console.log(error.name, error.message);
    }
  }
}
