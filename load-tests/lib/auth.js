// load-tests/lib/auth.js
import http from 'k6/http';
import { config } from './config.js';

// Each VU has its own copy of this: a VU logs in once per account and then keeps its session.
const sessions = {};

// A token is renewed when it has less than this left, so that none expires on its way to the server.
const MARGIN_MS = 30 * 1000;

const JSON_HEADERS = { 'Content-Type': 'application/json' };

// Returns an access token for the account, from the VU's session if there is one.
//
// The server says how long its tokens live (`expiresIn`, in seconds). Shortly before the end the refresh token is
// exchanged for a new pair; if the server refuses, the password is used again.
export function login(email, password) {
  const session = sessions[email];

  if (session && session.renewAt > Date.now()) {
    return session.accessToken;
  }

  const renewed = session ? refresh(session.refreshToken) : null;
  const response = renewed || post('login', { email, password });

  if (response.status === 200) {
    return remember(email, JSON.parse(response.body));
  }

  throw new Error(`Login failed: ${response.status}`);
}

// Forgets the VU's session, so that the next login() uses the password.
export function forget(email) {
  delete sessions[email];
}

export function authHeaders(token) {
  return {
    'Authorization': `Bearer ${token}`,
    'Content-Type': 'application/json',
  };
}

function refresh(refreshToken) {
  const response = post('refresh', { refreshToken });
  return response.status === 200 ? response : null;
}

function post(action, body) {
  return http.post(`${config.baseUrl}/api/v1/auth/${action}`, JSON.stringify(body), { headers: JSON_HEADERS });
}

function remember(email, body) {
  const lifetime = body.expiresIn * 1000;
  sessions[email] = {
    accessToken: body.accessToken,
    refreshToken: body.refreshToken,
    // A token that lives shorter than twice the margin is renewed half-way.
    renewAt: Date.now() + lifetime - Math.min(MARGIN_MS, lifetime / 2),
  };
  return body.accessToken;
}
