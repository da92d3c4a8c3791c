// What JavaScript makes a number of is one.
import { sleep } from 'k6';

export default function () {
  for (const seconds of [0.01, '0.01', [0.01], true && 0.01, { valueOf: () => 0.01 }]) {
    const start = Date.now();
    sleep(seconds);
    console.log(Date.now() - start >= 9);
  }
}
