// Nothing that a script passes ends more than its own call.
import crypto from 'k6/crypto';

export default function () {
  for (const attempt of [
    () => crypto.createHash('bad'),
    () => crypto.createHash(),
    () => crypto.createHMAC('bad', 'key'),
    () => crypto.createHMAC('sha1'),
    () => crypto.hmac('SHA256', 'key', 'data', 'hex'),
    () => crypto.hmac('sha256', 'key', 'data'),
    () => crypto.sha256('data'),
    () => crypto.sha256('data', 'octal'),
    () => crypto.sha256('data', 16),
    () => crypto.sha256(),
    () => crypto.sha256(7, 'hex'),
    () => crypto.md5({ an: 'object' }, 'hex'),
    () => crypto.createHash('md5').update(),
    () => crypto.createHash('md5').digest(),
    () => crypto.hexEncode(),
    () => crypto.randomBytes(),
    () => crypto.randomBytes(0),
    () => crypto.randomBytes(-1),
    () => crypto.randomBytes('ten'),
    () => crypto.randomBytes(1e12),
  ]) {
    try {
      console.log(attempt());
    } catch (error) {
      console.log(`${error}`);
    }
  }
}
