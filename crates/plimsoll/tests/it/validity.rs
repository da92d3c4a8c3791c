//! The verdict on the measurement, from outside. What a healthy machine shows is for `cargo xtask bench
//! validity`: tests share theirs with other tests.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Finished, Folder, finish, run, server};

const TWO_HUNDRED: &str = "
    export const options = {
      scenarios: {
        a: { executor: 'constant-arrival-rate', rate: 200, duration: '3s', preAllocatedVUs: 50 },
      },
    };
    export default function () {}";

/// Runs a script while it has a tenth of the time.
async fn held_down(script: &str, arguments: &str) -> (Folder, Finished) {
    let folder = Folder::with(script);
    let mut command = folder.command(&format!("run --quiet {arguments} test.js"));
    let child = command.spawn().expect("the program starts");
    let process = Pid::from_raw(child.id().expect("it runs").cast_signed()).expect("not zero");
    let hold = async {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let _ = kill_process(process, Signal::STOP);
            tokio::time::sleep(Duration::from_millis(90)).await;
            let _ = kill_process(process, Signal::CONT);
        }
    };
    let output = tokio::select! {
        output = child.wait_with_output() => output.expect("it ends"),
        () = hold => unreachable!("it holds for ever"),
    };
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    (folder, Finished { code: output.status.code(), stdout, stderr })
}

#[tokio::test]
async fn a_generator_that_is_held_down_is_invalid_in_every_output() {
    let (folder, end) =
        held_down(TWO_HUNDRED, "--summary-export s.json --out json=o.json --report r.html").await;
    let end = end.code(0);
    let end = end.shows(&["✗ the measurement is INVALID: the generator used"]);
    let first = end.stdout.lines().find(|line| !line.trim().is_empty());
    assert_eq!(first.map(str::trim), Some("█ THE MEASUREMENT IS INVALID"));
    let data: Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert_eq!(data["validity"]["verdict"], "INVALID");
    let rules = data["validity"]["reasons"].as_array().expect("reasons");
    assert!(rules.iter().any(|reason| reason["rule"] == "loop-delay"), "{rules:?}");
    let lines = folder.read("o.json");
    let last: Value = serde_json::from_str(lines.lines().last().expect("lines")).expect("JSON");
    assert_eq!(last["data"]["validity"]["verdict"], "INVALID");
    assert!(folder.read("r.html").contains("<strong>The measurement is INVALID</strong>"));
}

#[tokio::test]
async fn gates_may_require_a_valid_measurement() {
    let (_, end) = held_down(TWO_HUNDRED, "--require-valid").await;
    end.code(96).says(&["level=error msg=\"the measurement is INVALID"]);
}

/// Nine of ten iterations find no VU, whatever the machine is like.
fn dropping(threshold: &str) -> String {
    format!(
        "import {{ sleep }} from 'k6';
         export const options = {{
           scenarios: {{
             a: {{
               executor: 'constant-arrival-rate', rate: 100, duration: '2s',
               preAllocatedVUs: 10, maxVUs: 10,
             }},
           }},
           thresholds: {{ iterations: ['{threshold}'] }},
         }};
         export default function () {{ sleep(1); }}"
    )
}

#[tokio::test]
async fn validity_counts_before_thresholds_only_where_it_is_required() {
    let missed = dropping("count>1000");
    run(&missed).await.code(99).shows(&["planned iterations", "✗ the measurement is INVALID"]);
    Folder::with(&missed).run("--require-valid").await.code(96);
    Folder::with(&missed).run("--require-valid=strict").await.code(96);
    Folder::with(&dropping("count>1")).run("--require-valid=false").await.code(0);
    let folder = Folder::with(&dropping("count>1"));
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_REQUIRE_VALID", "maybe");
    finish(command).await.code(104).says(&["requireValid", "must be one of true, false, strict"]);
}

#[tokio::test]
async fn only_arrival_rates_have_a_schedule_to_miss() {
    let folder = Folder::with(
        "import { sleep } from 'k6';
         export const options = { scenarios: {
           due: { executor: 'constant-arrival-rate', rate: 100, duration: '2s', preAllocatedVUs: 50 },
           some: { executor: 'shared-iterations', vus: 1, iterations: 900, maxDuration: '1s', exec: 'slow' },
         } };
         export default function () {}
         export function slow() { sleep(0.4); }",
    );
    folder.run("--summary-export s.json").await.code(0);
    let data: Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert!(data["metrics"]["dropped_iterations"]["count"].as_f64() >= Some(890.0), "{data:#}");
    let rules = data["validity"]["reasons"].as_array().expect("reasons");
    assert!(!rules.iter().any(|reason| reason["rule"] == "schedule"), "{rules:?}");
}

#[tokio::test]
async fn requests_that_found_no_descriptor_are_not_the_targets_fault() {
    let desk = server::desk().await;
    let folder = Folder::with(&format!(
        "import http from 'k6/http';
         import {{ sleep }} from 'k6';
         export const options = {{ vus: 80, duration: '2s' }};
         export default function () {{ http.get('{}/health'); sleep(0.1); }}",
        desk.url()
    ));
    let program = env!("CARGO_BIN_EXE_plimsoll");
    let script = format!("ulimit -n 50 && exec {program} run --quiet --require-valid test.js");
    let mut command = folder.command_of("/bin/sh".into(), "");
    command.arg("-c").arg(script);
    let end = finish(command).await.code(96);
    end.shows(&["found no free file descriptor", "these requests never left this machine", "ulimit -n"]);
    desk.shutdown().await;
}

#[tokio::test]
async fn windows_are_shown_and_checked() {
    let script = "
        import { Rate } from 'k6/metrics';
        const fails = new Rate('fails');
        export const options = {
          iterations: 3,
          thresholds: { fails: [{ threshold: 'rate<0.5', window: '10s' }] },
        };
        export default function () { fails.add(true); }";
    let end = run(script).await.code(99);
    end.shows(&["✗ 'rate<0.5 in every 10s' rate=100.00% (judged on ", "shorter than the window)"]);
    let short = script.replace("10s", "200ms");
    run(&short).await.code(104).says(&["thresholds.fails", "has the window 200ms", "1s long at least"]);
}

#[tokio::test]
async fn a_ceiling_is_found_kept_and_used_or_not_claimed() {
    calibrates("").await;
}

#[tokio::test]
async fn think_time_is_no_shortfall() {
    calibrates("sleep(0.3);").await;
}

/// Nothing but a measurement that is not VALID, as on a busy machine, keeps a script from having a ceiling.
async fn calibrates(think: &str) {
    let script = &format!(
        "import http from 'k6/http';
         import {{ sleep }} from 'k6';
         export default function () {{ http.get('http://nowhere.example.com/a'); {think} }}
         export function other() {{ http.get('http://nowhere.example.com/b'); }}"
    );
    let folder = Folder::with(script);
    let state = folder.path("state");
    let with_state = |arguments: &str| {
        let mut command = folder.command(arguments);
        command.env("XDG_STATE_HOME", &state);
        command
    };
    let end = finish(with_state("calibrate --seconds 1 test.js")).await;
    let tried: Vec<&str> = end.stderr.lines().filter(|line| line.contains("were asked for")).collect();
    let confirmed = tried.iter().filter(|line| line.contains("the measurement is VALID")).count();
    if end.code == Some(255) {
        // Where pauses keep VUs from saturating the machine, some more are tried before.
        let last = tried.iter().rev().take(9).filter(|line| line.contains("the measurement is VALID"));
        assert!(tried.len() >= 9 && last.count() == 0, "{}", end.stderr);
        end.says(&["no rate could be confirmed"]);
        assert!(!state.exists(), "nothing is claimed");
        return;
    }
    assert!(confirmed >= 1, "{}", end.stderr);
    assert!(tried.last().is_some_and(|line| line.contains("the measurement is VALID")), "{}", end.stderr);
    let end = end.code(0);
    end.shows(&["ceiling of test.js on this machine:", "requests/s"]);
    assert_eq!(std::fs::read_dir(state.join("plimsoll/ceilings")).expect("there").count(), 1);
    let run = finish(with_state("run --quiet --iterations 1 test.js")).await.code(0);
    run.shows(&["of the calibrated ceiling of this machine"]);
    let other = finish(with_state("run --quiet --iterations 1 --exec other test.js")).await.code(0);
    assert!(!other.stdout.contains("calibrated ceiling"), "that of another function: {}", other.stdout);
}

#[tokio::test]
async fn a_script_that_the_null_target_is_no_target_for_is_refused() {
    let folder = Folder::with(
        "import http from 'k6/http';
         export default function () { http.get('https://nowhere.example.com/'); }",
    );
    let end = folder.plimsoll("calibrate --seconds 1 test.js").await.code(255);
    end.says(&["requests were not answered by the null target", "without TLS"]);
    let folder = Folder::with("export default function () {}");
    let end = folder.plimsoll("calibrate --seconds 1 test.js").await.code(255);
    end.says(&["the script makes no HTTP requests"]);
    let folder = Folder::with(
        "import http from 'k6/http';
         export default function () { http.get('http://nowhere.example.com/').json().items.length; }",
    );
    let end = folder.plimsoll("calibrate --seconds 1 test.js").await.code(255);
    end.says(&["iterations threw an exception (TypeError: ", "--body TEXT"]);
    let folder = Folder::with(
        "export const options = { scenarios: {
           a: { executor: 'shared-iterations', exec: 'buy' },
           b: { executor: 'shared-iterations', exec: 'look' },
         } };
         export function buy() {}
         export function look() {}",
    );
    let end = folder.plimsoll("calibrate --seconds 1 test.js").await.code(255);
    end.says(&["the scenarios call buy, look", "--exec"]);
}
