//! The record that a run leaves behind, and what `plimsoll report` makes of it.

use std::time::Duration;

use plimsoll_metrics::{Sink, builtin};
use plimsoll_report::record::Record;
use tokio::time::{Instant, sleep};

use crate::support::{Folder, finish, server};

const SCRIPT: &str = "import http from 'k6/http';
import { check } from 'k6';
export const options = {
  scenarios: { steady: { executor: 'constant-arrival-rate', rate: 40, duration: '3s', preAllocatedVUs: 4 } },
  thresholds: { http_reqs: ['count>=100'], http_req_duration: ['p(95)<60000'] },
};
export default function () {
  check(http.get(`${__ENV.URL}/tickets/${__ITER}`), { 'is 200': (r) => r.status === 200 });
}";

/// What stdout shows, times of the report's making excepted: a report shows nothing that changes.
fn without_blanks(text: &str) -> &str {
    text.trim()
}

#[tokio::test]
async fn a_report_is_what_the_run_printed() {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(SCRIPT);
    let run =
        folder.run(&format!("-e URL=http://{address} --record a.plimsoll --report run.html")).await.code(0);
    let report = folder.plimsoll("report a.plimsoll").await.code(0);
    assert_eq!(without_blanks(&report.stdout), without_blanks(&run.stdout));
    assert_eq!(report.stderr, "");
    folder.plimsoll("report a.plimsoll -o report.html").await.code(0);
    assert_eq!(folder.read("report.html"), folder.read("run.html"), "spans, curves and tables");
}

#[tokio::test]
async fn a_warm_up_is_kept_apart_in_records_too() {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(SCRIPT);
    let arguments = format!("-e URL=http://{address} --warmup 1s --record a.plimsoll");
    let run = folder.run(&arguments).await.code(99);
    let report = folder.plimsoll("report a.plimsoll --check").await.code(99);
    assert!(run.stdout.contains("WARM-UP"), "{run}");
    assert_eq!(without_blanks(&report.stdout), without_blanks(&run.stdout));
}

#[tokio::test]
async fn other_statistics_and_other_rules_can_be_asked_for() {
    let folder = Folder::with(
        "export const options = { iterations: 3, thresholds: { http_reqs: ['count>1'] } };
         export default function () {}",
    );
    folder.write(
        "missing.js",
        "export const options = { thresholds: { http_req_duration: ['p(95)<500'] } };
         export default function () {}",
    );
    folder.plimsoll("run --quiet --record b.plimsoll missing.js").await.code(99);
    folder.plimsoll("report b.plimsoll --check").await.code(99);
    folder.plimsoll("report b.plimsoll --check --no-data=pass").await.code(0);
    folder.run("--record a.plimsoll").await.code(99);
    let report = "report a.plimsoll --summary-trend-stats avg,p(99),count --summary-time-unit us";
    let report = folder.plimsoll(report).await.code(0);
    assert!(report.stdout.contains("p(99)=") && report.stdout.contains("count="), "{report}");
    assert!(!report.stdout.contains("p(90)="), "{report}");
    folder.plimsoll("report a.plimsoll --check").await.code(99);
    folder.plimsoll("report a.plimsoll --check --no-data=pass").await.code(99);
    folder.plimsoll("report a.plimsoll --summary-trend-stats p(101)").await.code(255).says(&["p(101)"]);
    folder.plimsoll("report a.plimsoll -o report.pdf").await.code(255).says(&["report.pdf", ".html"]);
}

#[tokio::test]
async fn records_are_kept_in_the_folder_for_states() {
    let folder = Folder::with("export default function () {}");
    let state = folder.path("state");
    let with_state = |arguments: &str| {
        let mut command = folder.command(arguments);
        command.env("XDG_STATE_HOME", &state);
        finish(command)
    };
    let files = || {
        let entries = std::fs::read_dir(state.join("plimsoll/records")).into_iter().flatten();
        entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    with_state("report").await.code(255).says(&["there is no record in", "name one: plimsoll report FILE"]);
    with_state("run --no-record test.js").await.code(0).says_nothing_of(&["record:"]);
    with_state("run --record=none test.js").await.code(0);
    assert_eq!(files(), [""; 0]);
    with_state("run test.js").await.code(0).says(&["        record: ", "/plimsoll/records/test-"]);
    with_state("run --quiet test.js").await.code(0).says_nothing_of(&["record:"]);
    assert_eq!(files().len(), 2);
    let report = with_state("report").await.code(0).says(&["the record is "]);
    assert!(report.stdout.contains("iterations"), "{report}");
    // Whoever has no home has no record, and no complaint either.
    folder.plimsoll("run test.js").await.code(0).says_nothing_of(&["record"]);
    folder.plimsoll("report").await.code(255).says(&["there is no folder for records"]);
}

#[tokio::test]
async fn a_variable_says_where_too_and_what_cannot_be_written_is_told_before_the_run() {
    let folder = Folder::with("export default function () { console.log('it ran'); }");
    let mut command = folder.command("run --quiet test.js");
    command.env("PLIMSOLL_RECORD", "deep/in/a.plimsoll");
    finish(command).await.code(0);
    folder.plimsoll("report deep/in/a.plimsoll").await.code(0);
    let refused = folder.run("--record test.js/a.plimsoll").await.code(255);
    refused
        .says(&["the record test.js/a.plimsoll cannot be written", "--record"])
        .says_nothing_of(&["it ran"]);
    folder.run("--record new.plimsoll --out json=/nowhere/x").await.code(255);
    assert!(!folder.path("new.plimsoll").exists(), "nothing is left of a run that did not begin");
}

/// Neither what `setup` did at its end nor the silence of `teardown` is in a window.
#[tokio::test]
async fn records_judge_windows_as_their_run_did() {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(
        "import http from 'k6/http';
         import { sleep } from 'k6';
         const window = '2s';
         export const options = {
           scenarios: { default: { executor: 'constant-vus', vus: 1, duration: '4s' } },
           thresholds: { http_reqs: [{ threshold: 'count>=1', window }, { threshold: 'count<100', window }] },
         };
         export function setup() {
           sleep(1.4);
           for (let request = 0; request < 100; request++) http.get(__ENV.URL);
         }
         export default function () { http.get(__ENV.URL); sleep(0.1); }
         export function teardown() { sleep(4); }",
    );
    let url = format!("-e URL=http://{address}/");
    folder.run(&format!("{url} --record a.plimsoll")).await.code(0);
    let report = folder.plimsoll("report --check a.plimsoll").await.code(0);
    assert!(report.stdout.contains("worst from"), "{report}");
}

/// However late the engine comes to merge what was measured, it is read then: no second is without what was
/// measured in it.
#[tokio::test]
#[cfg(unix)]
async fn a_run_that_stood_still_has_no_empty_seconds() {
    let folder = Folder::with(
        "import { sleep } from 'k6';
         export const options = { vus: 1, duration: '6s' };
         export function setup() { console.log('it begins'); }
         export default function () { sleep(0.02); }",
    );
    let mut run = folder.start("--record a.plimsoll");
    run.says("it begins").await;
    sleep(Duration::from_millis(2_500)).await;
    run.signal("STOP");
    sleep(Duration::from_millis(1_400)).await;
    run.signal("CONT");
    let (end, folder) = run.finish_and_leave().await;
    end.code(0);
    let record = Record::read(std::fs::read(folder.path("a.plimsoll")).expect("a record")).expect("whole");
    let iterations = record.seconds().map(|second| {
        let iterations = second.part.total(builtin::ITERATIONS).map_or(0, Sink::count);
        (second.at, second.complete, iterations)
    });
    let iterations: Vec<_> = iterations.collect();
    let (_, all) = iterations.split_last().expect("seconds");
    assert!(all.iter().all(|(_, _, measured)| *measured > 0), "{all:?}");
}

#[tokio::test]
async fn no_record_has_what_setup_returned() {
    let folder = Folder::with(
        "export function setup() { return { token: 'from-the-login' }; }
         export default function () {}
         export function handleSummary(data) { return { 'data.json': JSON.stringify(data.setup_data) }; }",
    );
    folder.run("--record a.plimsoll").await.code(0);
    assert_eq!(folder.read("data.json"), "{\"token\":\"from-the-login\"}");
    let record = Record::read(std::fs::read(folder.path("a.plimsoll")).expect("a record")).expect("whole");
    assert_eq!(record.end.expect("an end").run.setup_data, None);
}

#[tokio::test]
async fn what_is_no_record_is_told() {
    let folder = Folder::with("export default function () {}");
    for (content, why) in [
        ("{}", "it is not the record of a run"),
        ("PLIMSOLL", "it was cut off before anything was said of the run"),
        ("PLIMSOLL\u{7}\0", "it was written by a newer plimsoll: its form has version 7"),
    ] {
        folder.write("a.plimsoll", content);
        let says = ["the record a.plimsoll cannot be read: ", why];
        folder.plimsoll("report a.plimsoll").await.code(255).says(&says);
    }
    folder.plimsoll("report nowhere.plimsoll").await.code(255).says(&["nowhere.plimsoll", "No such file"]);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_full_disk_stops_no_run() {
    let folder = Folder::with(
        "export const options = { vus: 1, duration: '2s' };
         import { sleep } from 'k6'; export default function () { sleep(0.1); }",
    );
    let run = folder.run("--record /dev/full").await.code(0);
    run.says(&["the record /dev/full lacks its last", "No space left on device"]);
}

#[tokio::test]
async fn instances_are_shown_as_one() {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(&SCRIPT.replace("count>=100", "count>=110"));
    let instance = |segment: &str, record: &str| {
        let sequence = "--execution-segment-sequence 0,1/2,1";
        let url = format!("-e URL=http://{address}");
        folder.command(&format!(
            "run --quiet {url} --execution-segment {segment} {sequence} --record {record} test.js"
        ))
    };
    let (one, other) =
        tokio::join!(finish(instance("0:1/2", "a.plimsoll")), finish(instance("1/2:1", "b.plimsoll")));
    one.code(99);
    other.code(99);
    let report = folder.plimsoll("report --check a.plimsoll b.plimsoll --format json").await.code(0);
    let document: serde_json::Value = serde_json::from_str(&report.stdout).expect("JSON");
    let requests = document["metrics"]["http_reqs"]["values"]["count"].as_u64();
    assert!(requests.is_some_and(|count| (110..=121).contains(&count)), "{requests:?}");
    assert_eq!(document["run"]["iterations"]["complete"].as_u64(), requests);
    folder.write("other.js", "export default function () {}");
    folder.plimsoll("run --quiet --record c.plimsoll other.js").await.code(0);
    let refused = folder.plimsoll("report a.plimsoll c.plimsoll").await.code(255);
    refused.says(&["c.plimsoll", "it is not of the same test as the first: their scripts differ"]);

    std::fs::copy(folder.path("a.plimsoll"), folder.path("copy.plimsoll")).expect("a copy");
    let refused = folder.plimsoll("report a.plimsoll b.plimsoll copy.plimsoll").await.code(255);
    refused.says(&["the record copy.plimsoll cannot be read: it holds the same run as a.plimsoll"]);
    folder.plimsoll("run --quiet --record d.plimsoll other.js").await.code(0);
    // Elsewhere machines have no name in a record.
    if cfg!(target_os = "linux") {
        let refused = folder.plimsoll("report c.plimsoll d.plimsoll").await.code(255);
        refused.says(&["the record d.plimsoll cannot be read: it and c.plimsoll are two runs that followed"]);
    }
}

/// Killed at moments all over a run, the record has all but the last two seconds.
#[tokio::test]
#[cfg(unix)]
async fn kill_9_loses_two_seconds_at_most() {
    let address = server::answers("text/plain", "hello").await;
    let script = SCRIPT.replace("'3s'", "'60s'") + "export function setup() { console.log('it begins'); }";
    let moment = async |after: Duration| {
        let folder = Folder::with(&script);
        let mut run = folder.start(&format!("-e URL=http://{address} --record a.plimsoll"));
        run.says("it begins").await;
        let began = Instant::now();
        sleep(after).await;
        run.signal("KILL");
        let lived = began.elapsed();
        let (end, folder) = run.finish_and_leave().await;
        assert_eq!(end.code, None, "{end}");
        let report = folder.plimsoll("report a.plimsoll --format json").await.code(0);
        let document: serde_json::Value = serde_json::from_str(&report.stdout).expect("JSON");
        let recorded = document["run"]["seconds"].as_f64().expect("a number");
        let lost = lived.as_secs_f64() - recorded;
        assert!(lost <= 2.0, "{lost:.2} s of {lived:?} are lost");
        assert_eq!(document["run"]["exit_code"], serde_json::Value::Null);
        let note = document["notes"][0].as_str().expect("a note").to_owned();
        assert!(note.starts_with("the run did not end; it was cut off "), "{note}");
        // Nobody knows how it would have ended, unless thresholds fail it so far.
        let code = if document["verdict"] == "failed" { 99 } else { 255 };
        folder.plimsoll("report a.plimsoll -o report.html --check").await.code(code);
        assert!(folder.read("report.html").contains("The run did not end"), "{note}");
    };
    for after in [300, 1_700, 3_100, 4_450] {
        moment(Duration::from_millis(after)).await;
    }
}
