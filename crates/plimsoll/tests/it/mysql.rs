//! `k6/x/sql` against a real MariaDB.

use crate::sql::{run, script};
use crate::support::{finish, mariadb};

#[tokio::test]
async fn values_are_those_of_the_extension() {
    let body = r"
      const timed = sql.open('mysql', __ENV.NAME + '?parseTime=true');
      const columns = `1 a, CAST(-5 AS SIGNED) b, 18446744073709551615 c, 1.5e0 d, CAST(1.1 AS FLOAT) e,
        NULL f, TRUE g, x'00ff' h, DATE '2026-11-24' i, TIMESTAMP '2026-11-24 10:00:00.500' j`;
      export default function () {
        // Statements without parameters are answered in text, those with parameters in binary.
        tell(() => timed.query(`SELECT ${columns}`));
        tell(() => timed.query(`SELECT ${columns} HAVING a = ?`, 1));
        const texts = `SELECT 1.50 a, 'ä😀' b, DATE '2026-11-24' c, TIMESTAMP '2026-11-24 10:00:00.500' d,
          TIME '-10:20:30' e, JSON_OBJECT('a', 1) f, 7 g`;
        for (const [row] of [db.query(texts), db.query(`${texts} HAVING g = ?`, 7)]) {
          console.log(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => utf8(row[name])).join(' '));
        }
      }
      const hex = (byte) => `%${byte.toString(16).padStart(2, '0')}`;
      const utf8 = (bytes) => decodeURIComponent(bytes.map(hex).join(''));";
    let end = run("mysql", &mariadb::name().await, "", body).await.code(0);
    let row = r#"[{"a":1,"b":-5,"c":18446744073709552000,"d":1.5,"e":1.1,"f":null,"g":1,"h":[0,255],"#;
    let dates = r#""i":"2026-11-24T00:00:00.000Z","j":"2026-11-24T10:00:00.500Z"}]"#;
    let texts = "1.50 ä😀 2026-11-24 2026-11-24 10:00:00.500 -10:20:30 {\"a\": 1}\n";
    end.says(&[&format!("{row}{dates}\n{row}{dates}\n"), &texts.repeat(2)]);
}

#[tokio::test]
async fn columns_and_parameters_of_every_kind() {
    let body = r#"
      const create = `CREATE TEMPORARY TABLE t (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
        tiny TINYINT UNSIGNED, big BIGINT UNSIGNED, small SMALLINT,
        x VARCHAR(20), at DATETIME(3), b BLOB, n DECIMAL(10,3), f FLOAT,
        d DOUBLE, ok BOOLEAN, y YEAR, j JSON, e ENUM('a', 'b'), bits BIT(9), tm TIME(2))`;
      const insert = `INSERT INTO t (tiny, big, small, x, at, b, n, f, d, ok, y, j, e, bits, tm)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
      export default function () {
        db.exec(create);
        const values = [255, '18446744073709551615', -3, 'ä😀', new Date(1e12), new Uint8Array([1, 255]),
          1.25, 1.1, 0.1, true, 2026, '{"a":[1]}', 'b', 257, '10:20:30.456'];
        const result = db.exec(insert, ...values);
        console.log(result.rowsAffected(), result.lastInsertId());
        const numbers = 'SELECT id, tiny, big, small, f, d, ok, y, b, bits FROM t';
        tell(() => db.query(numbers));
        tell(() => db.query(`${numbers} WHERE id = ?`, 1));
        const texts = 'SELECT at, n, j, e, tm FROM t WHERE id > ?';
        for (const [row] of [db.query(texts, 0), db.query(texts.replace('?', '0'))]) {
          console.log(Object.values(row).map(text).join(' '));
        }
        const two = db.exec('INSERT INTO t (x) VALUES (?), (?)', null, 'b');
        console.log(two.rowsAffected(), two.lastInsertId());
        console.log(db.exec(`UPDATE t SET x = 'b' WHERE x = 'b'`).rowsAffected(),
          sql.open(driver, `${__ENV.NAME}?clientFoundRows=true`).query('SELECT 1').length);
        tell(() => db.query('SELECT x, tiny FROM t WHERE x IS NULL AND id = ?', 2));
        tell(() => db.query('SELECT x FROM t WHERE id = 99'));
        const many = db.query(`SELECT seq, REPEAT('x', 1000) t FROM seq_1_to_20000`);
        console.log(many.length, many[19999].t.length);
      }"#;
    let end = run("mysql", &mariadb::name().await, "", body).await.code(0);
    let row = r#"[{"id":1,"tiny":255,"big":18446744073709552000,"small":-3,"f":1.1,"d":0.1,"ok":1,"y":2026,"#;
    let row = format!("{row}\"b\":[1,255],\"bits\":[1,1]}}]\n");
    let texts = "2001-09-09 01:46:40.000 1.250 {\"a\":[1]} b 10:20:30.45\n";
    end.says(&[
        "1 1\n",
        &row.repeat(2),
        &texts.repeat(2),
        "2 2\n0 1\n",
        "[{\"x\":null,\"tiny\":null}]\n[]\n",
    ])
    .says(&["20000 1000\n"]);
}

#[tokio::test]
async fn what_the_server_refuses_is_thrown_in_its_words() {
    let body = r"
      export default function () {
        tell(() => db.exec('nonsense'));
        tell(() => db.query('SELECT * FROM none'));
        tell(() => db.query('SELECT ?', 1, 2));
        tell(() => db.query('SELECT ?'));
        db.exec('CREATE TEMPORARY TABLE t (id INT PRIMARY KEY)');
        tell(() => db.exec('INSERT INTO t VALUES (?), (?)', 1, 1));
        tell(() => db.query('KILL CONNECTION_ID()'));
        tell(() => db.query('SELECT 1 AS again'));
        const place = __ENV.NAME.slice(__ENV.NAME.indexOf('@'), __ENV.NAME.lastIndexOf('/'));
        for (const login of ['none:x', 'ann:wrong', 'ann', 'ann:p:w@/']) {
          tell(() => text(sql.open(driver, `${login}${place}/`).query('SELECT CURRENT_USER() AS me')[0].me));
        }
        for (const database of ['none', 'test?sql_mode=nope', 'test?nonsense=1']) {
          tell(() => sql.open(driver, `test${place}/${database}`).query('SELECT 1'));
        }
        tell(() => sql.open(driver, 'test@tcp(127.0.0.1:1)/test').query('SELECT 1'));
      }
      export function teardown() { db.close(); tell(() => db.query('SELECT 1')); }";
    let end = run("mysql", &mariadb::name().await, "", body).await.code(0);
    end.says_nothing_of(&["p:w"]).says(&[
        "Error 1064 (42000): You have an error in your SQL syntax",
        "Error 1146 (42S02): Table 'test.none' doesn't exist",
        "the statement has 1 placeholders, and was given 2 parameters",
        "Error 1062 (23000): Duplicate entry '1' for key 'PRIMARY'",
        "Error 1927 (70100): Connection was killed\n[{\"again\":1}]\n",
        "Error 1045 (28000): Access denied for user 'none'@'127.0.0.1' (using password: YES)",
        "Error 1045 (28000): Access denied for user 'ann'@'127.0.0.1' (using password: NO)\n\"ann@%\"\n",
        "Error 1049 (42000): Unknown database 'none'",
        "Error 1231 (42000): Variable 'sql_mode' can't be set to the value of 'nope'",
        "Error 1193 (HY000): Unknown system variable 'nonsense'",
        "mysql at 127.0.0.1:1: dial: connection refused\n",
        "sql: database is closed\n",
    ]);
}

#[tokio::test]
async fn drivers_can_be_required() {
    let body = "const again = require('k6/x/sql/driver/mysql');
      export default function () {
        const db = sql.open(again, __ENV.NAME);
        const older = sql.open('mysql', __ENV.NAME);
        console.log(db.query('SELECT 1 AS a')[0].a, older.query('SELECT 2 AS a')[0].a);
      }";
    run("mysql", &mariadb::name().await, "", body).await.code(0).says(&["1 2\n"]);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let body = "
      export default function () {
        const slow = 'SELECT SLEEP(1000)';
        tell(() => sql.open(driver, __ENV.NAME, { timeout: 300 }).query(slow));
        tell(() => sql.open(driver, `${__ENV.NAME}?readTimeout=200ms`).query(slow));
        const hasty = sql.open(driver, __ENV.NAME, { timeout: '500ms' });
        tell(() => hasty.query(slow));
        tell(() => hasty.query('SELECT 1 AS again'));
      }";
    let end = run("mysql", &mariadb::name().await, "", body).await.code(0);
    end.says(&["no answer within 300ms: context deadline exceeded\n", "no answer within 200ms"])
        .says(&["no answer within 500ms: context deadline exceeded\n[{\"again\":1}]\n"]);
}

#[tokio::test]
async fn a_run_that_ends_waits_for_no_answer() {
    let body = "export const options = { scenarios: { waits: { executor: 'constant-vus', vus: 3,
          duration: '1s', gracefulStop: '0s' } } };
      export default function () { db.query('SELECT SLEEP(1000)'); }";
    run("mysql", &mariadb::name().await, "", body).await.code(0);
}

#[tokio::test]
async fn fifty_users_write_and_each_has_one_connection() {
    let body = "
      export const options = { vus: 50, iterations: 500 };
      export function setup() { db.exec('CREATE TABLE marks (connection BIGINT)'); }
      export default function () { db.exec('INSERT INTO marks VALUES (CONNECTION_ID())'); }
      export function teardown() {
        tell(() => db.query('SELECT COUNT(*) AS n, COUNT(DISTINCT connection) <= 50 AS few FROM marks'));
      }";
    run("mysql", &mariadb::name().await, "", body).await.code(0).says(&[r#"[{"n":500,"few":1}]"#]);
}

/// Servers close what nobody uses; a user who sleeps must not suffer for it.
#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let body = "
      import { sleep } from 'k6';
      export default function () {
        db.exec('SET SESSION wait_timeout = 1');
        sleep(6);
        tell(() => db.query('SELECT 1 AS again'));
      }";
    run("mysql", &mariadb::name().await, "", body).await.code(0).says(&[r#"[{"again":1}]"#]);
}

#[tokio::test]
async fn tls() {
    let (port, root) = mariadb::port_and_root().await;
    let body = "
      export default function () {
        const cipher = `SHOW STATUS LIKE 'Ssl_cipher'`;
        for (const [host, mode] of __ENV.CASES.split(',').map((pair) => pair.split('='))) {
          const db = () => sql.open(driver, `test@tcp(${host}:${__ENV.PORT})/test?tls=${mode}`);
          tell(() => `${host} ${mode} ${text(db().query(cipher)[0].Value) !== ''}`);
        }
      }";
    let folder = script("mysql", body);
    folder.write("root.pem", root);
    let cases = "localhost=false,localhost=skip-verify,localhost=true,127.0.0.1=true";
    let arguments =
        format!("run --quiet --log-format raw --env NAME=/ --env CASES={cases} --env PORT={port} test.js");
    let mut command = folder.command(&arguments);
    command.env("SSL_CERT_FILE", folder.path("root.pem"));
    finish(command).await.code(0).says(&[
        "\"localhost false false\"\n",
        "\"localhost skip-verify true\"\n\"localhost true true\"\n",
        "x509: certificate doesn't match hostname",
    ]);
    let end = finish(folder.command(&arguments)).await.code(0);
    end.says(&["\"localhost skip-verify true\"\n", "x509: unknown authority"]);
}
