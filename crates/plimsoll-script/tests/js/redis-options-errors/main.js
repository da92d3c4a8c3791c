// What is wrong with the options is told when the client is made.
import redis from 'k6/experimental/redis';

export default function () {
  const socket = { host: 'h' };
  const wrong = [{}, { socket: {} }, { socket: 'h' }, { socket: { host: 'h', port: 'x' } },
    { socket: { host: 'h', port: 70000 } }, { socket: { host: 'h', prt: 1 } }, { socket, user: 'x' },
    { socket, database: 'x' }, { socket, database: -1 }, { socket, password: 7 }];
  for (const options of wrong) {
    try {
      new redis.Client(options);
      console.log(options, 'was accepted');
    } catch (error) {
      console.log(error.name, error.message);
    }
  }
}
