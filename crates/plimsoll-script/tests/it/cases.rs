//! `tests/js/<case>/main.js` prints what `expected.out` says. One case a subject; `SERVER` in `__ENV` is a
//! loopback server (see `server.rs`), `SOCKETS` the same for WebSockets.

use std::path::Path;

use plimsoll_metrics::NoDataPolicy;

use crate::server::Server;
use crate::support;

#[test]
fn scripts_print_what_is_expected() {
    let server = Server::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    let mut cases: Vec<_> =
        std::fs::read_dir(&folder).expect("cases").flatten().map(|entry| entry.path()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "the cases are found");
    let failures: Vec<String> = cases.iter().filter_map(|case| failure(case, &server)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn failure(case: &Path, server: &Server) -> Option<String> {
    let ran = match support::run(
        &case.join("main.js"),
        &[("SERVER", &server.url()), ("SOCKETS", &server.sockets()), ("NAME", "value")],
    ) {
        Ok(ran) => ran,
        Err(error) => return Some(format!("{} does not load: {error}", case.display())),
    };
    let folder = case.canonicalize().expect("exists").display().to_string();
    let printed = ran
        .text()
        .replace(&folder, "DIR")
        .replace(&server.url(), "SERVER")
        .replace(&server.sockets(), "SOCKETS")
        + "\n"
        + &crossed(&ran);
    let file = case.join("expected.out");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&file, &printed).expect("the case's folder is writable");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    (printed != expected)
        .then(|| format!("{}\n--- expected\n{expected}--- printed\n{printed}", case.display()))
}

/// A line for each threshold of the script that does not hold, as k6 judges them.
fn crossed(ran: &support::Ran) -> String {
    let report = ran.outcome.thresholds.iter();
    let failing = report.flat_map(|report| report.failing(NoDataPolicy::LikeK6));
    failing.map(|name| format!("threshold crossed: {name}\n")).collect()
}
