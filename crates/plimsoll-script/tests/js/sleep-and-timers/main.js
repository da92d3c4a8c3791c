// A sleep holds the VU's event loop: timers and promises come after it.
import { sleep } from 'k6';

export default function () {
  setTimeout(() => console.log('timer'), 1);
  Promise.resolve().then(() => console.log('promise'));
  sleep(0.02);
  console.log('slept');
}
