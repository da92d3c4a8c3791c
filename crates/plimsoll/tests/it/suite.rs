//! The load-test suite against the desk, with short stages and few users.

use std::path::Path;
use std::time::Duration;

use insightdesk::Config;

use crate::support::{Finished, Folder, finish, repository};

const SUITE: &str = "load-tests";

/// Runs a script with these factors for durations and users.
async fn small(folder: &str, script: &str, arguments: &str, factors: [&str; 2]) -> Finished {
    let config = Config { instrument: true, ..Config::default() };
    let script = repository(folder).join(script);
    against(config, &script, arguments, factors, &[]).await
}

/// The same with more variables, against a desk that is set up so.
async fn against(
    config: Config,
    script: &Path,
    arguments: &str,
    [scale, users]: [&str; 2],
    more: &[(&str, &str)],
) -> Finished {
    let desk = insightdesk::spawn(config).await.expect("a desk");
    let mut command = Folder::new().command(&format!("run --quiet {arguments}"));
    command.arg(script).current_dir(repository(SUITE));
    command.env("BASE_URL", desk.url()).env("WS_URL", desk.url().replacen("http", "ws", 1));
    command.env("SCALE", scale).env("USERS", users).envs(more.iter().copied());
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

/// Ten clients of two organisations come within seven seconds and stay for two.
#[tokio::test]
async fn a_crowd_of_sockets_stays_and_hears_everything() {
    let script = repository(SUITE).join("tests/websocket/realtime.js");
    let more = [("HOLD", "2s"), ("EVERY", "100ms"), ("TENANTS", "2")];
    let end = against(Config::default(), &script, "", ["0.01", "0.01"], &more).await;
    every_answer_is_right(&end);
    assert!(end.row("checks_succeeded").starts_with("100.00%"), "{end}");
    assert_eq!(end.count("ws_connections"), 10, "{end}");
    assert!(end.count("ws_messages_awaited") >= 95, "{end}");
    assert_eq!(end.count("ws_messages_received"), end.count("ws_messages_awaited"), "{end}");
    end.shows(&["ws_connections_lost", "✓ 'count==0' count=0"]);
}

/// A token lives for two seconds and is renewed after one, before the desk refuses it.
#[tokio::test]
async fn sessions_are_renewed_before_they_expire() {
    let suite = repository(SUITE);
    let folder = Folder::with(&format!(
        "import http from 'k6/http';
         import {{ check, sleep }} from 'k6';
         import {{ authHeaders, login }} from '{lib}/lib/auth.js';
         const BASE = __ENV.BASE_URL;
         export const options = {{ vus: 1, iterations: 6 }};
         export default function () {{
           const headers = authHeaders(login('agent@test.com', 'password'));
           check(http.get(`${{BASE}}/api/v1/user/me`, {{ headers }}), {{ welcome: (r) => r.status === 200 }});
           sleep(0.6);
         }}
         export function teardown() {{
           const {{ routes }} = http.get(`${{BASE}}/__target/ledger`).json();
           const times = (name) => routes.find(({{ route }}) => route.endsWith(name)).received;
           console.log(`login ${{times('/auth/login')}}, refresh ${{times('/auth/refresh')}}`);
         }}",
        lib = suite.display()
    ));
    let config =
        Config { instrument: true, access_token_lifetime: Duration::from_secs(2), ..Config::default() };
    let end = against(config, &folder.path("test.js"), "", ["1", "1"], &[]).await.code(0);
    assert!(end.row("checks_succeeded").starts_with("100.00%"), "{end}");
    assert!(end.stderr.contains("login 1, refresh 3") || end.stderr.contains("login 1, refresh 2"), "{end}");
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
