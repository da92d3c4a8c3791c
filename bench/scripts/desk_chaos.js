// RATE times a second for SECONDS seconds: a ticket is created, read and changed. Each answer is a line of the console:
// when it was asked for, how long that took, the status (0: no answer), and the ticket if one was acknowledged.
import http from 'k6/http';

const JSON_HEADERS = { 'Content-Type': 'application/json' };

export const options = {
  scenarios: {
    agents: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 200,
      maxVUs: 1000,
    },
  },
};

export function setup() {
  const credentials = JSON.stringify({ email: 'agent@test.com', password: 'password' });
  const response = http.post(`${__ENV.BASE_URL}/api/v1/auth/login`, credentials, { headers: JSON_HEADERS });
  return response.json('accessToken');
}

export default function (token) {
  const params = { headers: { ...JSON_HEADERS, Authorization: `Bearer ${token}` }, timeout: '20s' };
  const tickets = `${__ENV.BASE_URL}/api/v1/tickets`;
  const ticket = { title: 'chaos', description: 'made while things break', priority: 'LOW' };
  const created = ask(() => http.post(tickets, JSON.stringify(ticket), params));
  if (created.status !== 201) return;
  const one = `${tickets}/${created.json('id')}`;
  const named = { ...params, tags: { name: `${tickets}/{id}` } };
  ask(() => http.get(one, named));
  ask(() => http.patch(one, JSON.stringify({ status: 'IN_PROGRESS' }), named));
}

function ask(request) {
  const at = Date.now();
  const response = request();
  const id = response.status === 201 ? response.json('id') : '-';
  console.log(`answer ${at} ${Date.now() - at} ${response.status} ${id}`);
  return response;
}
