// Opens pages in headless Chromium and tells what a reader, a screen reader and the network would notice.
//
// node look.mjs '{"folder": "…", "pages": [{"name": "report", "url": "file:///…", "until": "document.title"}]}'
//
// PACKAGES is a folder with the npm packages `ws` and `axe-core`. Prints a line of JSON for each page, light
// and dark, wide and narrow; the folder gets pictures, and each page as a PDF. `until` is an expression that
// becomes true when the page has come to its last state.
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(join(process.env.PACKAGES, 'node_modules', '/'));
const WebSocket = require('ws');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { folder, pages } = JSON.parse(process.argv[2]);
mkdirSync(folder, { recursive: true });

const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
const browser = spawn(process.env.CHROMIUM ?? 'chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
  '--hide-scrollbars', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank',
], { stdio: ['ignore', 'ignore', 'pipe'] });
const endpoint = await new Promise((resolve, reject) => {
  let said = '';
  browser.stderr.on('data', (data) => {
    said += data;
    const found = said.match(/DevTools listening on (ws:\S+)/);
    if (found) resolve(found[1]);
  });
  browser.on('error', reject);
  browser.on('exit', () => reject(new Error(`chromium has ended: ${said}`)));
});
const socket = new WebSocket(endpoint, { maxPayload: 256 << 20 });
await new Promise((resolve) => socket.once('open', resolve));
const answers = new Map();
const listeners = new Set();
socket.on('message', (text) => {
  const message = JSON.parse(text);
  if (!message.id) return listeners.forEach((listener) => listener(message));
  const { resolve, reject } = answers.get(message.id);
  answers.delete(message.id);
  if (message.error) reject(new Error(message.error.message));
  else resolve(message.result);
});
let id = 0;
const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
  answers.set(++id, { resolve, reject });
  socket.send(JSON.stringify({ id, method, params, sessionId }));
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const LOOK = `(() => {
  const drawings = [...document.querySelectorAll('svg[role=img]')].map((svg) => ({
    name: svg.getAttribute('aria-label'),
    marks: svg.querySelectorAll('path, rect, circle, polyline').length,
  }));
  const box = (element) => element.getBoundingClientRect();
  const size = (text) => box(text).height;
  return {
    title: document.title,
    heading: document.querySelector('h1')?.textContent.trim(),
    drawings,
    smallest: Math.min(...[...document.querySelectorAll('svg[role=img] text')].map(size)),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
})()`;

async function look({ name, url, until }, scheme, width) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method, params) => send(method, params, sessionId);
  const noticed = { requests: [], errors: [] };
  const listener = ({ sessionId: from, method, params }) => {
    if (from !== sessionId) return;
    if (method === 'Network.requestWillBeSent') noticed.requests.push(params.request.url);
    if (method === 'Runtime.exceptionThrown') noticed.errors.push(params.exceptionDetails.text);
    if (method === 'Log.entryAdded' && params.entry.level === 'error') noticed.errors.push(params.entry.text);
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') noticed.errors.push('console.error');
  };
  listeners.add(listener);
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await ask(`${domain}.enable`);
  await ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  await ask('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
  await ask('Page.navigate', { url });
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', {
      expression, awaitPromise: true, returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const ready = `document.readyState === 'complete' && (${until ?? 'true'})`;
  for (let tries = 0; !(await evaluate(ready).catch(() => false)); tries++) {
    if (tries > 400) throw new Error(`${name} does not come to its end`);
    await pause(100);
  }
  const seen = await evaluate(LOOK);
  const { contentSize } = await ask('Page.getLayoutMetrics').then((metrics) => ({ contentSize: metrics.cssContentSize }));
  const clip = { x: 0, y: 0, width, height: Math.min(contentSize.height, 12000), scale: 1 };
  const shot = await ask('Page.captureScreenshot', { clip, captureBeyondViewport: true });
  writeFileSync(join(folder, `${name}-${scheme}-${width}.png`), shot.data, 'base64');
  await evaluate(`${axe}; undefined`);
  const violations = await evaluate(`axe.run(document).then(({ violations }) => violations.map((violation) =>
    violation.id + ': ' + violation.help + ': ' + violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' ; ')))`);
  if (scheme === 'light' && width > 600) {
    const pdf = await ask('Page.printToPDF', { printBackground: true });
    writeFileSync(join(folder, `${name}.pdf`), pdf.data, 'base64');
  }
  listeners.delete(listener);
  await send('Target.closeTarget', { targetId });
  console.log(JSON.stringify({ name, scheme, width, ...seen, ...noticed, violations }));
}

try {
  for (const page of pages) {
    if (page.once) {
      await look(page, 'dark', 1280);
      continue;
    }
    for (const scheme of ['light', 'dark']) {
      for (const width of [1280, 390]) await look(page, scheme, width);
    }
  }
} finally {
  // Asked to close, the browser waits for its helpers, which write to the profile until they end.
  browser.removeAllListeners('exit');
  const ended = new Promise((resolve) => browser.once('exit', resolve));
  const hopeless = setTimeout(() => browser.kill('SIGKILL'), 5000);
  send('Browser.close').catch(() => browser.kill());
  await ended;
  clearTimeout(hopeless);
  socket.terminate();
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
