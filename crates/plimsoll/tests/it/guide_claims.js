// Holds the tables of docs/K6_COMPAT.md against what a VU sees. The claims are [owner, symbol, state, answer].
import * as k6 from 'k6';
import * as html from 'k6/html';
import * as http from 'k6/http';
import * as csv from 'k6/experimental/csv';
import * as data from 'k6/data';
import * as fs from 'k6/experimental/fs';
import * as timers from 'k6/timers';
import * as metrics from 'k6/metrics';
import exec from 'k6/execution';
import * as encoding from 'k6/encoding';
import * as crypto from 'k6/crypto';
import * as x509 from 'k6/crypto/x509';

const owners = {
  k6, 'k6/http': http, 'k6/data': data, 'k6/metrics': metrics, 'k6/execution': exec,
  'k6/experimental/csv': csv, 'k6/experimental/fs': fs, 'k6/timers': timers, 'k6/encoding': encoding,
  'k6/crypto': crypto, 'k6/crypto/x509': x509, Globals: globalThis,
  'k6/encoding': encoding, 'k6/crypto': crypto, 'k6/html': html, Globals: globalThis,
};
const claims = [
/* claims */
];

function find(owner, path) {
  return path.split('.').reduce((value, name) => value[name], owner);
}

function answer(owner, path) {
  try {
    const value = find(owner, path);
    if (value === undefined) return 'undefined';
    return typeof value === 'function' ? `no refusal but ${value.call(owner)}` : `the value ${value}`;
  } catch (error) {
    return error.message;
  }
}

function whatIsWrong([owner, path, state, expected]) {
  const of = owners[owner];
  if (of === undefined) return `there is no ${owner}`;
  if (state === 'not yet') {
    const given = answer(of, path);
    return given === expected ? undefined : `it answers: ${given}`;
  }
  if (state !== 'supported' && state !== 'differs') return `unknown state ${state}`;
  if (owner === 'Response') return path in of ? undefined : 'it is not there';
  return find(of, path) === undefined ? 'it is not there' : undefined;
}

export default function () {
  owners.Selection = html.parseHTML('<p>').find('p');
  owners.Element = owners.Selection.get(0);
  owners.Response = http.get(`${__ENV.BASE_URL}/health`);
  const wrong = claims
    .map((claim) => [claim, whatIsWrong(claim)])
    .filter(([, what]) => what !== undefined)
    .map(([[owner, path, state], what]) => `${owner} ${path} is called ${state}, but ${what}`);
  if (wrong.length > 0) exec.test.abort(wrong.join('\n'));
  console.log('all claims hold');
}
