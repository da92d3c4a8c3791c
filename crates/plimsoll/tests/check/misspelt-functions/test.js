import http from 'k6/http';
import exec from 'k6/execution';
import crypto from 'k6/crypto';

export default function () {
  http.gett('http://localhost');
  crypto.sha265('a', 'hex');
  console.table([1]);
  const missing = http.somethingElse;
  exec.scenario.names;
  http.added = 1;
  return missing;
}
