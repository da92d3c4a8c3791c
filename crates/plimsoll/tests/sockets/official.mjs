// Runs the script with the official client.
import { createRequire } from 'node:module';
import { behave } from './behaviour.mjs';

const { io } = createRequire(`${process.env.PACKAGES}/index.js`)('socket.io-client');
const alone = (url, options) => io(url, { forceNew: true, reconnection: false, ...options });
await behave(alone, process.env.URL, (...words) => console.log(words.join(' ')));
process.exit(0);
