//! The specification's own scripts, byte for byte, and the suite that was made from them.

use crate::support::{Finished, Folder, finish, repository, server};

/// Runs a script of one of the two suites against a desk of its own.
async fn against_desk(suite: &str, script: &str, arguments: &str) -> Finished {
    let desk = server::desk().await;
    let script = repository(suite).join(script);
    let mut command = Folder::new().command(&format!("run --quiet {arguments}"));
    command.arg(script).current_dir(repository(suite)).env("BASE_URL", desk.url());
    let end = finish(command).await;
    desk.shutdown().await;
    end
}

const SPECIFICATION: &str = "fixtures/specification/load-tests";
const SUITE: &str = "load-tests";

#[track_caller]
fn all_checks_pass(end: &Finished) {
    assert!(end.row("checks_succeeded").starts_with("100.00%"), "{end}");
    assert!(end.row("http_req_failed").starts_with("0.00%"), "{end}");
}

#[tokio::test]
async fn smoke() {
    let end = against_desk(SPECIFICATION, "scenarios/smoke.js", "--duration 2s").await.code(0);
    all_checks_pass(&end);
    // Three users, a second between the iterations, which begin before two seconds are over.
    assert!((6..=9).contains(&end.count("iterations")), "{end}");
    end.shows(&["✓ health check passed", "✓ API accessible", "✓ 'rate<0.01'", "✓ 'p(95)<500'", "✓ passed"]);
}

#[tokio::test]
async fn stress_with_short_stages() {
    let end = against_desk(SPECIFICATION, "scenarios/stress.js", "--stage 1s:5,1s:0").await;
    all_checks_pass(&end);
    // Debug builds of the target are slow, so latency may cross; then that is what is said.
    match end.code {
        Some(0) => drop(end.shows(&["✓ 'rate<0.05'", "✓ 'p(95)<1000'"])),
        _ => drop(end.code(99).shows(&["✓ 'rate<0.05'", "✗ 'p(95)<1000'"])),
    }
}

#[tokio::test]
async fn tickets_is_refused_because_of_an_import_from_the_wrong_file() {
    let end = against_desk(SPECIFICATION, "tests/api/tickets.js", "").await;
    end.code(107).shows_nothing().says(&[
        "tests/api/tickets.js:6:10: ",
        "authHeaders",
        "lib/helpers.js",
        "hint: ",
        "lib/auth.js",
        "6 | import { authHeaders, generateTicket, checkResponse } from '../../lib/helpers.js';",
    ]);
}

/// It takes tickets from that file, and the knowledge base from one that is not given.
#[tokio::test]
async fn load_is_refused_with_it() {
    let end = against_desk(SPECIFICATION, "scenarios/load.js", "").await;
    end.code(107).shows_nothing().says(&["scenarios/load.js:5:37: ", "tests/api/knowledge-base.js"]);
}

#[tokio::test]
async fn what_exports_only_names_runs_by_name() {
    let script = "tests/api/auth.js";
    let end = against_desk(SPECIFICATION, script, "--exec authFlowScenario --iterations 2").await.code(0);
    all_checks_pass(&end);
    assert_eq!(end.count("iterations"), 2, "{end}");
    end.shows(&["✓ login successful", "✓ protected resource accessible", "✓ refresh successful"]);
    let end = against_desk(SPECIFICATION, script, "").await;
    end.code(104).shows_nothing().says(&["authFlowScenario", "--exec"]);
}

#[tokio::test]
async fn the_suite_passes() {
    let scripts =
        ["scenarios/smoke.js", "tests/api/tickets.js", "tests/api/auth.js", "tests/api/knowledge-base.js"];
    for script in scripts {
        let end = against_desk(SUITE, script, "--vus 2 --iterations 2").await.code(0);
        all_checks_pass(&end);
        assert_eq!(end.count("iterations"), 2, "{script}");
    }
}
