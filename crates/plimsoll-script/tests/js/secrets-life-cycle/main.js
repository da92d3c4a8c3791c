// Secrets may be asked for in every phase.
import secrets from 'k6/secrets';

const tell = (phase) => secrets.get('token').catch((error) => console.log(phase, error.name));

export const setup = () => tell('setup');
export default () => tell('iteration');
export const teardown = () => tell('teardown');
