import { group } from 'k6';
import http from 'k6/http';

export function login() {
  group('login', () => http.bulk([]));
}
