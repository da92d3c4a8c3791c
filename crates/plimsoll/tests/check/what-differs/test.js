import http from 'k6/http';
import { randomSeed } from 'k6';
import crypto from 'k6/crypto';

randomSeed(1);

export default function () {
  const res = http.get('http://localhost');
  res.json();
  res.json('a.b');
  res.json('a.c');
  crypto.randomBytes(4);
}
