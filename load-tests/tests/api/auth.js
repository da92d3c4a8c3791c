// load-tests/tests/api/auth.js
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Trend } from 'k6/metrics';
import { config } from '../../lib/config.js';

const loginDuration = new Trend('login_duration');

export function authFlowScenario() {
  group('Authentication Flow', () => {
    let accessToken;
    let refreshToken;
    
    // Login
    group('Login', () => {
      const startTime = Date.now();
      const res = http.post(
        `${config.baseUrl}/api/v1/auth/login`,
        JSON.stringify({
          email: 'loadtest@example.com',
          password: 'loadtest123',
        }),
        { headers: { 'Content-Type': 'application/json' } }
      );
      
      loginDuration.add(Date.now() - startTime);
      
      check(res, {
        'login successful': (r) => r.status === 200,
        'has access token': (r) => {
          const body = JSON.parse(r.body);
          accessToken = body.accessToken;
          refreshToken = body.refreshToken;
          return !!accessToken;
        },
      });
    });
    
    sleep(0.5);
    
    // Access protected resource
    if (accessToken) {
      group('Access Protected Resource', () => {
        const res = http.get(
          `${config.baseUrl}/api/v1/user/me`,
          { headers: { Authorization: `Bearer ${accessToken}` } }
        );
        check(res, {
          'protected resource accessible': (r) => r.status === 200,
        });
      });
      
      sleep(0.5);
      
      // Refresh token
      group('Refresh Token', () => {
        const res = http.post(
          `${config.baseUrl}/api/v1/auth/refresh`,
          JSON.stringify({ refreshToken }),
          { headers: { 'Content-Type': 'application/json' } }
        );
        check(res, {
          'refresh successful': (r) => r.status === 200,
        });
      });
    }
  });
  
  sleep(1);
}

// Runs the scenario when this file is run by itself.
export default function () {
  authFlowScenario();
}
