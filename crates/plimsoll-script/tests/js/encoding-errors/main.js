// Input that is no Base64, and arguments of other types.
import { b64encode, b64decode } from 'k6/encoding';

export default function () {
  for (const attempt of [
    () => b64decode('Zm9v*'),
    () => b64decode('Zg'),
    () => b64decode('Zg==', 'rawstd'),
    () => b64decode('-_8=', 'std'),
    () => b64decode(),
    () => b64decode(17),
    () => b64encode(),
    () => b64encode({}),
    () => b64encode(null),
  ]) {
    try {
      console.log(attempt());
    } catch (error) {
      console.log(`${error}`);
    }
  }
}
