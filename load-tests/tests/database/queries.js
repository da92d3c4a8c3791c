// What the database alone takes for the queries of the ticket list, the search and the dashboard.
import sql from 'k6/x/sql';
import driver from 'k6/x/sql/driver/postgres';
import { check } from 'k6';
import { Trend, Counter } from 'k6/metrics';
import { scaled, users } from '../../lib/config.js';

const db = sql.open(driver, __ENV.DATABASE_URL);

const queryDuration = new Trend('db_query_duration');
const queriesExecuted = new Counter('db_queries_executed');

export const options = {
  vus: users(20),
  duration: scaled('5m'),
  thresholds: {
    db_query_duration: ['p(95)<100'],
  },
};

export function setup() {
  // Ensure test data exists
  db.exec(`
    INSERT INTO tickets (id, title, status, organization_id, created_at)
    SELECT 
      'loadtest_' || i,
      'Load Test Ticket ' || i,
      'OPEN',
      'org_loadtest',
      NOW() - (random() * interval '30 days')
    FROM generate_series(1, 1000) i
    ON CONFLICT DO NOTHING
  `);
}

export default function () {
  // Query 1: List tickets with pagination
  measureQuery('list_tickets', () => {
    return db.query(`
      SELECT t.*, u.name as assignee_name
      FROM tickets t
      LEFT JOIN users u ON t.assignee_id = u.id
      WHERE t.organization_id = 'org_loadtest'
      ORDER BY t.created_at DESC
      LIMIT 20 OFFSET $1
    `, Math.floor(Math.random() * 50) * 20);
  });
  
  // Query 2: Search tickets
  measureQuery('search_tickets', () => {
    return db.query(`
      SELECT * FROM tickets
      WHERE organization_id = 'org_loadtest'
        AND to_tsvector('english', title) @@ plainto_tsquery('english', $1)
      LIMIT 20
    `, 'test');
  });
  
  // Query 3: Aggregate statistics
  measureQuery('ticket_stats', () => {
    return db.query(`
      SELECT 
        status,
        COUNT(*) as count,
        AVG(EXTRACT(EPOCH FROM (NOW() - created_at))) as avg_age_seconds
      FROM tickets
      WHERE organization_id = 'org_loadtest'
      GROUP BY status
    `);
  });
}

function measureQuery(name, queryFn) {
  const start = Date.now();
  const result = queryFn();
  const duration = Date.now() - start;
  
  queryDuration.add(duration, { query: name });
  queriesExecuted.add(1, { query: name });
  
  check(result, {
    [`${name} executed`]: (r) => r !== null,
  });
}

export function teardown() {
  // Cleanup test data, and nothing that the organisation had before
  db.exec(`DELETE FROM tickets WHERE organization_id = 'org_loadtest' AND id LIKE 'loadtest\\_%'`);
  db.close();
}
