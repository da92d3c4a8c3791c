// Commands may be sent in every phase but the init context.
import redis from 'k6/experimental/redis';

const client = new redis.Client({ socket: { host: '127.0.0.1', port: 1 }, maxRetries: -1 });

async function tell(phase) {
  await client.get('key').catch((error) => console.log(phase, error.message));
}

export const setup = () => tell('setup');
export default () => tell('iteration');
export const teardown = () => tell('teardown');
