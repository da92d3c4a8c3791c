//! `k6/x/sql` against real databases.

use crate::support::{Finished, Folder, finish, postgres, repository};

/// Runs a script in which `db` is a database, and `tell` logs a value, or the error that comes instead.
pub(crate) async fn run(driver: &str, name: &str, flags: &str, body: &str) -> Finished {
    script(driver, body).run(&format!("--log-format raw --env NAME={name} {flags}")).await
}

/// A folder with such a script.
pub(crate) fn script(driver: &str, body: &str) -> Folder {
    Folder::with(&format!(
        "import sql from 'k6/x/sql';
         import driver from 'k6/x/sql/driver/{driver}';
         const db = sql.open(driver, __ENV.NAME);
         const text = (bytes) => String.fromCharCode(...bytes);
         function tell(work) {{
           try {{ console.log(JSON.stringify(work())); }} catch (error) {{ console.log(error.message); }}
         }}
         {body}"
    ))
}

#[tokio::test]
async fn sqlite_keeps_what_it_is_given() {
    let body = r"
      export function setup() { sql.open('sqlite3', './kept.db').exec('CREATE TABLE kept (id INTEGER)'); }
      export default function () {
        db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, at TIMESTAMP, b BLOB, f REAL, ok BOOLEAN)');
        const insert = 'INSERT INTO t (x, at, b, f, ok) VALUES (?, ?, ?, ?, ?)';
        const result = db.exec(insert, 'ä😀', new Date(1e12), new Uint8Array([1, 255]), 1.5, true);
        console.log(result.lastInsertId(), result.rowsAffected());
        tell(() => db.query('SELECT *, NULL AS n FROM t'));
        tell(() => sql.query(db, 'SELECT x FROM t WHERE id = $1', 1));
        tell(() => db.query('SELECT x FROM t WHERE id = 2'));
        tell(() => sql.open('sqlite3', './kept.db').query('SELECT count(*) AS n FROM kept'));
      }
      export function teardown() { db.close(); tell(() => db.query('SELECT 1')); }";
    run("sqlite3", ":memory:", "", body).await.code(0).says(&[
        "1 1\n",
        r#"[{"id":1,"x":"ä😀","at":"2001-09-09T01:46:40.000Z","b":[1,255],"f":1.5,"ok":true,"n":null}]"#,
        "[{\"x\":\"ä😀\"}]\n[]\n[{\"n\":0}]\n",
        "sql: database is closed\n",
    ]);
}

#[tokio::test]
async fn mistakes_are_thrown() {
    let body = r"
      tell(() => db.query('SELECT 1'));
      export default function () {
        tell(() => db.exec('nonsense'));
        tell(() => db.query('SELECT ?', 1, 2));
        tell(() => db.query('SELECT ? + ?', 1));
        tell(() => db.query());
        tell(() => db.query('SELECT ?', {}));
        tell(() => db.query('SELECT ?', [1, 256]));
        tell(() => db.query('SELECT ?', new Date(NaN)));
        tell(() => sql.query(5, 'SELECT 1'));
        tell(() => sql.open('oracle', ''));
        tell(() => sql.open(Symbol('x'), ''));
        tell(() => sql.open(5, ''));
        tell(() => sql.open(driver));
        tell(() => sql.open(driver, 'a', { maxConns: 1 }));
        tell(() => sql.open('postgres', 'postgres://ann:geheim@h:x/'));
        tell(() => sql.open(driver, '/none/none.db').query('SELECT 1'));
        const slow = sql.open(driver, ':memory:', { timeout: '200ms' });
        const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x)' +
          ' FROM c';
        tell(() => slow.query(endless));
        tell(() => slow.query('SELECT 1 AS still_there'));
      }";
    let end = run("sqlite3", ":memory:", "", body).await.code(0).says_nothing_of(&["geheim"]);
    end.says(&[
        "db.query cannot be used in the init context; use it in setup()",
        "near \"nonsense\": syntax error",
        "the statement has 1 placeholders, and was given 2 parameters",
        "the statement has 2 placeholders, and was given 1 parameters",
        "db.query: the statement must be a string, not undefined",
        "sql: converting argument $1 type: unsupported type object",
        "sql: converting argument $1 type: unsupported type array",
        "sql: an invalid Date cannot be a parameter",
        "sql.query: the first argument must be what sql.open gave",
        "unsupported database: oracle; there are postgres, mysql, sqlite3",
        "unsupported database: x; there are",
        "unsupported database: invalid driver parameter type: int",
        "sql.open: the data source name must be a string such as ./test.db, not undefined",
        "sql.open: invalid options: unknown field `maxConns`",
        "postgres: invalid data source name: invalid port number",
        "sqlite3 /none/none.db: unable to open database file",
        "sqlite3 :memory:: no answer within 200ms: context deadline exceeded",
        r#"[{"still_there":1}]"#,
    ]);
}

#[tokio::test]
async fn drivers_can_be_required() {
    let script = "const sql = require('k6/x/sql');
      const driver = require('k6/x/sql/driver/sqlite3');
      const db = sql.open(driver, ':memory:');
      const other = sql.open(driver.default, ':memory:');
      exports.default = () => {
        console.log(db.query('SELECT 1 AS a')[0].a, other.query('SELECT 2 AS a')[0].a);
      };";
    Folder::with(script).run("--log-format raw").await.code(0).says(&["1 2\n"]);
}

#[tokio::test]
async fn postgres_values_are_those_of_the_extension() {
    let body = r#"
      export default function () {
        tell(() => db.query(`SELECT 1::int4 a, 9223372036854775807::int8 b, 1.5::float8 c, 'ä'::text d,
          'y'::varchar e, true f, null g, '2026-11-24 10:00:00+01'::timestamptz h, '2026-11-24'::date i,
          '2026-11-24 10:00:00.5'::timestamp j, '\\x00ff'::bytea k`));
        const [row] = db.query(`SELECT 1.50::numeric a, '{"a": 1}'::jsonb b, ARRAY[1,2] c,
          '00000000-0000-0000-0000-000000000001'::uuid d, 1 AS __proto__`);
        console.log(['a', 'b', 'c', 'd'].map((name) => text(row[name])).join(' '), Object.keys(row).length);
        const result = db.exec('CREATE TEMP TABLE t (id int, x text, y timestamptz, z bytea, n numeric);' +
          'INSERT INTO t VALUES (1), (2)');
        console.log(result.rowsAffected());
        tell(() => result.lastInsertId());
        const insert = 'INSERT INTO t VALUES ($1, $2, $3, $4, $5)';
        tell(() => db.exec(insert, 3, '😀', new Date(1e12), [1, 255], 1.25).rowsAffected());
        tell(() => db.query('SELECT id, x, y, z FROM t WHERE id = $1', 3));
        tell(() => db.query('SELECT x FROM t WHERE x IS NOT DISTINCT FROM $1 AND id = 1', null));
        const many = db.query('SELECT i, repeat($1, 1000) t FROM generate_series(1, 50000) i', 'x');
        console.log(many.length, many[49999].t.length);
      }"#;
    run("postgres", &postgres::url().await, "", body).await.code(0).says(&[
        r#"[{"a":1,"b":9223372036854776000,"c":1.5,"d":"ä","e":"y","f":true,"g":null,"#,
        r#","h":"2026-11-24T09:00:00.000Z","i":"2026-11-24T00:00:00.000Z","#,
        r#","j":"2026-11-24T10:00:00.500Z","k":[0,255]}]"#,
        r#"1.50 {"a": 1} {1,2} 00000000-0000-0000-0000-000000000001 5"#,
        "\n2\nLastInsertId is not supported by this driver; say RETURNING in a query\n1\n",
        r#"[{"id":3,"x":"😀","y":"2001-09-09T01:46:40.000Z","z":[1,255]}]"#,
        "[{\"x\":null}]\n50000 1000\n",
    ]);
}

#[tokio::test]
async fn what_postgres_refuses_is_thrown_in_its_words() {
    let body = r"
      export default function () {
        tell(() => db.exec('nonsense'));
        tell(() => db.query('SELECT $1::int', 'x'));
        tell(() => db.query('SELECT $1::int'));
        tell(() => db.query('SELECT 1', 1));
        tell(() => db.query('SELECT 1/0'));
        tell(() => db.query('COPY pg_type FROM STDIN'));
        tell(() => db.query('SELECT $1::text', '\0'));
        tell(() => db.query('SELECT \0'));
        tell(() => db.query('SELECT pg_terminate_backend(pg_backend_pid())'));
        tell(() => db.query('SELECT 1 AS again'));
        const server = __ENV.NAME.slice(0, __ENV.NAME.lastIndexOf('/'));
        const names = ['none', 'postgres?user=none', 'postgres?sslmode=require', 'postgres?work_mem=x'];
        for (const name of names) {
          tell(() => sql.open(driver, `${server}/${name}`).query('SELECT 1'));
        }
        tell(() => sql.open(driver, 'postgres://127.0.0.1:1').query('SELECT 1'));
      }";
    run("postgres", &postgres::url().await, "", body).await.code(0).says(&[
        "pq: syntax error at or near \"nonsense\" (42601)",
        "pq: invalid input syntax for type integer: \"x\" (22P02)",
        "pq: there is no parameter $1 (42P02)",
        "pq: bind message supplies 1 parameters",
        "pq: division by zero (22012)",
        "COPY FROM STDIN has no data here",
        "pq: invalid byte sequence for encoding \"UTF8\": 0x00 (22021)",
        "pq: the statement cannot be sent: string contains embedded null",
        "pq: terminating connection due to administrator command (57P01)",
        r#"[{"again":1}]"#,
        "pq: database \"none\" does not exist (3D000)",
        "pq: role \"none\" does not exist",
        "the server has no TLS, which sslmode asks for",
        "pq: invalid value for parameter \"work_mem\": \"x\" (22023)",
        "postgres at 127.0.0.1:1: dial: connection refused",
    ]);
}

#[tokio::test]
async fn passwords_of_postgres() {
    let port = postgres::port().await;
    let body = "
      export function setup() {
        db.exec(`CREATE ROLE ann LOGIN PASSWORD 'p:w'; SET password_encryption = md5;
          CREATE ROLE bob LOGIN PASSWORD 'geheim'`);
      }
      export default function () {
        for (const login of ['ann:p%3Aw', 'bob:geheim', 'ann:wrong', 'bob:wrong', 'ann']) {
          const name = `postgres://${login}@127.0.0.1:${__ENV.PORT}/postgres`;
          tell(() => sql.open(driver, name).query('SELECT current_user::text AS me'));
        }
      }";
    let end = run("postgres", &postgres::url().await, &format!("--env PORT={port}"), body).await.code(0);
    end.says(&[
        "[{\"me\":\"ann\"}]\n[{\"me\":\"bob\"}]\n",
        "pq: password authentication failed for user \"ann\"",
        "pq: password authentication failed for user \"bob\"",
        "the server asks for a password",
    ]);
}

#[tokio::test]
async fn what_takes_too_long_is_stopped_on_the_server_too() {
    let body = r"
      import { sleep } from 'k6';
      export default function () {
        const hasty = sql.open(driver, __ENV.NAME, { timeout: 300 });
        tell(() => hasty.query('SELECT pg_sleep(1000), 71'));
        const active = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%(1000), 71' AND state = 'active'`;
        while (db.query(active).length > 0) sleep(0.05);
        console.log('stopped');
      }";
    let end = run("postgres", &postgres::url().await, "", body).await.code(0);
    end.says(&["no answer within 300ms: context deadline exceeded\nstopped\n"]);
}

#[tokio::test]
async fn a_run_that_ends_waits_for_no_answer() {
    let body = "export const options = { scenarios: { waits: { executor: 'constant-vus', vus: 3,
          duration: '1s', gracefulStop: '0s' } } };
      export default function () { db.query('SELECT pg_sleep(1000)'); }";
    run("postgres", &postgres::url().await, "", body).await.code(0);
}

#[tokio::test]
async fn fifty_users_write_and_each_has_one_connection() {
    let body = "
      export const options = { vus: 50, iterations: 500 };
      export function setup() { db.exec('CREATE TABLE marks (pid int)'); }
      export default function () { db.exec('INSERT INTO marks VALUES (pg_backend_pid())'); }
      export function teardown() {
        tell(() => db.query('SELECT count(*) AS rows, count(DISTINCT pid) <= 50 AS few FROM marks'));
      }";
    let end = run("postgres", &postgres::url().await, "", body).await.code(0);
    end.says(&[r#"[{"rows":500,"few":true}]"#]);
}

#[tokio::test]
async fn the_runs_rules_for_addresses_hold() {
    let url = postgres::url().await;
    let body = "export default function () { tell(() => db.query('SELECT 1 AS a')); }";
    run("postgres", &url, "--blacklist-ip 127.0.0.0/8", body).await.code(0).says(&["ip is blacklisted"]);
    let elsewhere = url.replace("127.0.0.1", "db.example");
    let end = run("postgres", &elsewhere, "--block-hostnames *.example", body).await.code(0);
    end.says(&["hostname is blocked"]);
    let hosts = format!("export const options = {{ hosts: {{ 'db.example': '127.0.0.1' }} }};\n{body}");
    run("postgres", &elsewhere, "", &hosts).await.code(0).says(&[r#"[{"a":1}]"#]);
}

/// The specification's script, and the suite's: thresholds pass, and nothing is left behind. The suite's
/// leaves alone what the organisation had before, which the specification's deletes too.
#[tokio::test]
async fn queries_against_the_desks_database() {
    let url = postgres::url().await;
    for (number, suite) in ["fixtures/specification/load-tests", "load-tests"].into_iter().enumerate() {
        let create = format!("export default function () {{ db.exec('CREATE DATABASE desk_{number}'); }}");
        run("postgres", &url, "", &create).await.code(0);
        let (server, _) = url.rsplit_once('/').expect("a database");
        let name = format!("{server}/desk_{number}");
        let database = insightdesk::storage::postgres::Address::parse(&name).expect("an address").into();
        let config = insightdesk::Config { database, ..insightdesk::Config::default() };
        let desk = insightdesk::spawn(config).await.expect("a desk");
        let folder = Folder::new();
        let mut command = folder.command("run --quiet --vus 2 --duration 3s");
        command.arg(repository(suite).join("tests/database/queries.js")).env("DATABASE_URL", &name);
        let end = finish(command).await.code(0);
        assert!(end.row("checks_succeeded").starts_with("100.00%"), "{end}");
        assert!(end.count("db_queries_executed") >= 3, "{end}");
        end.shows(&["✓ 'p(95)<100'", "✓ passed"]);
        let left = "export default function () {
            tell(() => db.query(`SELECT count(*) FILTER (WHERE id LIKE 'loadtest%') AS ours, count(*) AS all
              FROM tickets WHERE organization_id = 'org_loadtest'`));
          }";
        let seeded = [0, 400][number];
        let rows = format!(r#"[{{"ours":0,"all":{seeded}}}]"#);
        run("postgres", &name, "", left).await.code(0).says(&[&rows]);
        desk.shutdown().await;
    }
}
