//! The load-test suite against the desk, with short stages and few users.

use insightdesk::Config;

use crate::support::{Finished, Folder, finish, repository};

const SUITE: &str = "load-tests";

/// Runs a script with these factors for durations and users.
async fn small(folder: &str, script: &str, arguments: &str, [scale, users]: [&str; 2]) -> Finished {
    let config = Config { instrument: true, ..Config::default() };
    let desk = insightdesk::spawn(config).await.expect("a desk");
    let mut command = Folder::new().command(&format!("run --quiet {arguments}"));
    command.arg(repository(folder).join(script)).current_dir(repository(SUITE));
    command.env("BASE_URL", desk.url()).env("WS_URL", desk.url().replacen("http", "ws", 1));
    command.env("SCALE", scale).env("USERS", users);
    let end = finish(command).await;
    desk.shutdown().await;
    end
}

/// A development build of the desk may be slower than the thresholds want, but every answer is right.
#[track_caller]
fn every_answer_is_right(end: &Finished) {
    assert!(matches!(end.code, Some(0 | 95 | 99)), "{end}");
    assert!(end.row("http_req_failed").starts_with("0.00%"), "{end}");
    assert!(end.count("iterations") > 0, "{end}");
    assert!(!end.stderr.contains("source=stacktrace"), "{end}");
}

#[tokio::test]
async fn scenarios_with_short_stages() {
    for (script, scale) in [
        ("scenarios/smoke.js", "0.02"),
        ("scenarios/load.js", "0.004"),
        ("scenarios/stress.js", "0.002"),
        ("scenarios/soak.js", "0.0003"),
        ("scenarios/spike.js", "0.01"),
    ] {
        let end = small(SUITE, script, "", [scale, "0.02"]).await;
        every_answer_is_right(&end);
    }
}

#[tokio::test]
async fn the_table_of_goals_is_judged() {
    let end = small(SUITE, "scenarios/spike.js", "--goals goals/api.json", ["0.01", "0.02"]).await;
    every_answer_is_right(&end);
    // So few users cannot make 500 requests a second.
    end.says(&["Throughput"]).shows(&["API P50 latency", "API P99 latency", "✓ Error rate", "✗ Throughput"]);
}

#[tokio::test]
async fn a_factor_must_be_a_positive_number() {
    let end = small(SUITE, "scenarios/smoke.js", "", ["none", "1"]).await;
    end.code(107).says(&["SCALE must be a positive number, got 'none'"]);
}

#[tokio::test]
async fn sockets_hear_announcements() {
    let realtime = "tests/websocket/realtime.js";
    let end = small(SUITE, realtime, "--goals goals/realtime.json", ["0.01", "0.01"]).await;
    every_answer_is_right(&end);
    assert!(end.row("checks_succeeded").starts_with("100.00%"), "{end}");
    assert!(end.count("ws_messages_received") > 0 && end.count("ws_connections") > 5, "{end}");
    end.shows(&["✓ subscribed", "✓ typing acknowledged", "✓ WebSocket connected", "✗ WebSocket connections"]);
}

/// It talks raw JSON, which a Socket.IO server does not answer: its latency was never measured.
#[tokio::test]
async fn the_specifications_sockets_measure_nothing_and_that_is_said() {
    let specification = "fixtures/specification/load-tests";
    let script = "tests/websocket/realtime.js";
    let end = small(specification, script, "--vus 2 --iterations 2", ["1", "1"]).await;
    assert!(end.row("checks_succeeded").starts_with("100.00%"), "{end}");
    end.code(99)
        .says(&["ws_message_latency' had no data"])
        .shows(&["✓ WebSocket connected", "? 'p(95)<100'"]);
}

#[tokio::test]
async fn chaos_is_judged_before_during_and_after() {
    let end = small(SUITE, "scenarios/chaos.js", "", ["0.1", "0.5"]).await;
    // A development build may be slower than the thresholds for latency.
    assert!(matches!(end.code, Some(0 | 99)), "{end}");
    end.shows(&[
        "http_req_failed{phase:before}",
        "✓ 'rate<0.01' rate=0.00%",
        "✓ 'rate<0.5' rate=",
        "✓ 'max<5000'",
        "✓ 'count==0' count=0",
        "✓ an error is a 503",
        "✓ faults are in force",
    ]);
}
