import http from 'k6/http';
import { check, group } from 'k6';

const users = () => http.get('http://localhost/users');
const early = http.get('http://localhost/');
group('early', () => check(early, { ok: true }));

export default function () {
  users();
}
