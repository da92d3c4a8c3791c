//! `k6/x/sql` against a PostgreSQL that speaks TLS, with a certificate for `localhost`.

use crate::sql::script;
use crate::support::secured::Papers;
use crate::support::{finish, postgres};

#[tokio::test]
async fn sslmode_says_how_much_of_a_certificate_has_to_be_right() {
    let (port, root) = postgres::secured().await;
    let body = "
      const ssl = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      export default function () {
        for (const pair of __ENV.CASES.split(',')) {
          const [host, mode, root] = pair.split('/');
          const name = `postgres://postgres@${host}:${__ENV.PORT}/postgres?sslmode=${mode}`;
          const trusted = root ? `&sslrootcert=${root}.pem` : '';
          console.log(pair);
          tell(() => sql.open(driver, name + trusted).query(ssl)[0].ssl);
        }
      }";
    let folder = script("postgres", body);
    folder.write("root.pem", root);
    folder.write("other.pem", &Papers::of_localhost().root);
    let (yes, no) = ("true", "false");
    let (unknown, mismatch) = ("x509: unknown authority", "x509: certificate doesn't match hostname");
    let cases = [
        ("localhost/disable", no),
        ("localhost/prefer", yes),
        ("localhost/require", yes),
        ("127.0.0.1/require", yes),
        ("127.0.0.1/require/root", yes),
        ("localhost/require/other", unknown),
        ("127.0.0.1/verify-ca/root", yes),
        ("localhost/verify-ca/other", unknown),
        ("localhost/verify-ca", unknown),
        ("localhost/verify-full/root", yes),
        ("localhost/verify-full/other", unknown),
        ("127.0.0.1/verify-full/root", mismatch),
        ("localhost/verify-full", unknown),
    ];
    let names = cases.map(|(name, _)| name).join(",");
    let arguments = format!(
        "run --quiet --log-format raw --env NAME=host=h --env CASES={names} --env PORT={port} test.js"
    );
    let end = finish(folder.command(&arguments)).await.code(0);
    for (name, outcome) in cases {
        let mut lines = end.stderr.lines().skip_while(|line| *line != name);
        let answer = lines.nth(1).unwrap_or_default();
        assert!(answer.ends_with(outcome), "{name}: {answer}; {end}");
    }
    let mut command = folder.command(&arguments.replace(&names, "localhost/verify-full"));
    command.env("SSL_CERT_FILE", folder.path("root.pem"));
    finish(command).await.code(0).says(&["localhost/verify-full\ntrue\n"]);
}
