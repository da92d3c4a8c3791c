//! `plimsoll capacity` and `plimsoll gate`, from outside. That answers are right is shown by simulation in
//! plimsoll-report, and against a server of known capacity by `cargo xtask bench capacity`; here is what the
//! command does with them.

use serde_json::Value;

use crate::support::{Folder, Running, server};

/// A script with an arrival rate, a phase before and one after.
const SCRIPT: &str = "
    import http from 'k6/http';
    export const options = {
        scenarios: {
            a: { executor: 'constant-arrival-rate', rate: 5, duration: '1m', preAllocatedVUs: 2,
                 exec: 'visit' },
            b: { executor: 'constant-vus', vus: 1, duration: '1m', exec: 'visit' },
        },
    };
    export function setup() { console.log('in setup'); return { path: '/' }; }
    export function visit(data) { http.get('http://TARGET' + data.path); }
    export function teardown() { console.log('in teardown'); }";

/// Short plateaus, and a bound that loopback keeps on any machine.
const QUICK: &str = "--slo http_req_duration:p(95)<2000 --plateau-min 1s --plateau-max 3s --start-rate 100";

async fn folder() -> Folder {
    let target = server::answers("text/plain", "hello").await;
    Folder::with(&SCRIPT.replace("TARGET", &target.to_string()))
}

fn record(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("capacity.json")).expect("JSON")
}

#[tokio::test]
async fn what_is_allowed_and_carried_is_the_answer() {
    let folder = folder().await;
    let end = folder.plimsoll(&format!("capacity {QUICK} --max-rate 200 --report page.html test.js")).await;
    if end.code == Some(92) {
        // This machine is too busy just now to say anything of the target, and that is what was said.
        assert!(end.stdout.contains("generator-limited"), "{}", end.stdout);
        return;
    }
    let end = end.code(0);
    let end = end.shows(&["no capacity is claimed: the highest load allowed, 200/s, is carried"]);
    end.says(&["in setup", "in teardown", "open model, poisson arrivals", "http_req_failed:rate<0.01"]);
    let record = record(&folder);
    assert_eq!(record["format"], "plimsoll-capacity");
    assert_eq!(record["header"]["scenario"], "a");
    assert_eq!(record["end"]["end"], "limit-not-reached");
    assert_eq!(record["answer"]["atLeast"], 200.0);
    let page = folder.read("page.html");
    assert!(page.contains("<svg") && !page.contains("http://www"), "a page without links");
    folder.plimsoll("gate --capacity >=50/s@95%").await.code(0).shows(&["✓ 200/s was carried"]);
    folder.plimsoll("gate --capacity >=300/s").await.code(90).shows(&["? no capacity is claimed"]);
    folder.plimsoll("gate --capacity >=5vus").await.code(90).shows(&["searched as a rate"]);
}

#[tokio::test]
async fn users_are_driven_where_there_is_no_rate() {
    let folder = folder().await;
    let flags = "--scenario b --start-rate 1 --max-vus 2 --plateau-min 1s --plateau-max 3s";
    let slo = "--slo http_req_duration:p(95)<2000";
    let end = folder.plimsoll(&format!("capacity {slo} {flags} test.js")).await;
    if end.code != Some(92) {
        end.code(0).shows(&["2 VUs"]).says(&["closed model, looping VUs"]);
        assert_eq!(record(&folder)["header"]["model"], "closed");
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told_at_once() {
    let nobody = server::nobody().await;
    let folder = Folder::with(&SCRIPT.replace("TARGET", &nobody.to_string()));
    let end = folder.plimsoll(&format!("capacity {QUICK} test.js")).await;
    if end.code != Some(92) {
        end.code(90).shows(&["100 % of the requests failed whatever the load is"]);
    }
}

#[tokio::test]
async fn an_objective_that_nothing_reaches_is_told() {
    let folder = folder().await;
    let flags = "--slo http_req_duration{name:nowhere}:p(95)<200 --plateau-min 1s --start-rate 20";
    let end = folder.plimsoll(&format!("capacity {flags} test.js")).await;
    if end.code != Some(92) {
        end.code(90).shows(&["no sample reached the objective 'http_req_duration{name:nowhere}:p(95)<200'"]);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let folder = folder().await;
    for (flags, code, why) in [
        ("", 104, "nothing says what has to hold"),
        ("--slo http_req_durations:p(95)<9", 104, "did you mean 'http_req_duration'"),
        ("--slo http_req_duration:max<9", 104, "ask for a percentile"),
        ("--slo http_req_duration:p(95)<9 --scenario checkout", 104, "there is a, b"),
        ("--slo http_req_duration:p(95)<9 --budget 1s", 104, "too short for a single plateau"),
        ("--slo http_req_duration:p(95)<9 --min-rate 50 --max-rate 20", 104, "is more than the most"),
        ("--slo http_req_duration:p(95)<9 --observe disk", 104, "expected process="),
        ("--slo http_req_duration:p(95)<9 --max-rate fast", 255, "expected a load"),
        ("--slo http_req_duration:p(95)<9 --resume", 255, "capacity.json cannot be used"),
    ] {
        let end = folder.plimsoll(&format!("capacity {flags} test.js")).await;
        end.code(code).says(&[why]);
    }
}

#[tokio::test]
#[cfg(unix)]
async fn an_interrupt_keeps_what_was_seen() {
    let target = server::answers("text/plain", "hello").await;
    let folder = Folder::with(&SCRIPT.replace("TARGET", &target.to_string()));
    let command = folder.command(&format!("capacity {QUICK} --max-rate 200 test.js"));
    let mut run = Running::start(command, folder);
    run.says("climb").await;
    run.signal("INT");
    let end = run.finish().await.code(105);
    let end = end.shows(&["it was interrupted", "climb"]);
    end.says(&["stopping the test because of SIGINT", "in teardown"]);
}

#[tokio::test]
async fn a_gate_reads_records_only() {
    let folder = Folder::new();
    folder.write("a.json", r#"{"format":"plimsoll-capacity","version":7}"#);
    folder.write("b.json", r#"{"metrics":{}}"#);
    for (arguments, why) in [
        (">=10/s none.json", "none.json cannot be used"),
        (">=10/s a.json", "another version: 7, expected 1"),
        (">=10/s b.json", "expected 'plimsoll-capacity'"),
        ("10/s a.json", "begin with >="),
    ] {
        folder.plimsoll(&format!("gate --capacity {arguments}")).await.code(255).says(&[why]);
    }
}
