// Certificates and keys are texts in PEM.
import redis from 'k6/experimental/redis';

export default function () {
  const wrong = [{ ca: ['nonsense'] }, { ca: 'nonsense' }, { cert: 'nonsense', key: 'nonsense' }, { ca: [], verify: false }];
  for (const tls of wrong) {
    try {
      new redis.Client({ socket: { host: 'h', tls } });
      console.log(tls, 'was accepted');
    } catch (error) {
      console.log(error.name, error.message);
    }
  }
  console.log(new redis.Client({ socket: { host: 'h', tls: {} } }).isConnected());
}
