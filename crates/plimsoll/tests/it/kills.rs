//! One SIGINT at every point of a run: what still happens, and what is left.
#![cfg(unix)]

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::support::Folder;

/// One point of a run.
struct Point {
    name: &'static str,
    script: &'static str,
    /// The line on stderr after which the run is at this point…
    said: &'static str,
    /// … when this many milliseconds have passed.
    later: u64,
    left: Left,
}

/// What a signal leaves of a run.
#[derive(Debug, PartialEq)]
struct Left {
    code: i32,
    tears_down: bool,
    summary: bool,
    complete: u64,
    interrupted: u64,
}

/// A run that was set up: it is torn down and summarised.
const fn torn_down(complete: u64, interrupted: u64) -> Left {
    Left { code: 105, tears_down: true, summary: true, complete, interrupted }
}

/// A run that was not set up has nothing to tear down.
const NOT_SET_UP: Left = Left { code: 105, tears_down: false, summary: true, complete: 0, interrupted: 0 };

const POINTS: [Point; 13] = [
    Point {
        name: "the first run of the init code",
        script: "console.log('here'); while (true) {} export default function () { }",
        said: "here",
        later: 0,
        left: Left { code: 105, tears_down: false, summary: false, complete: 0, interrupted: 0 },
    },
    Point {
        name: "the init code of a VU",
        script: "
            if (__VU == 2) { console.log('here'); while (true) {} }
            export const options = { vus: 2, iterations: 2 };
            export default function () { }",
        said: "here",
        later: 0,
        left: NOT_SET_UP,
    },
    Point {
        name: "before a paused run is resumed",
        script: "
            export const options = { paused: true };
            export function setup() { console.log('in setup'); }
            export default function () { }",
        said: "the test is paused",
        later: 0,
        left: NOT_SET_UP,
    },
    Point {
        name: "setup",
        script: "
            export function setup() { console.log('here'); sleep(3600); }
            export default function () { }",
        said: "here",
        later: 0,
        left: NOT_SET_UP,
    },
    Point {
        name: "before a scenario starts",
        script: "
            export const options = { scenarios: { s: {
                executor: 'shared-iterations', startTime: '1h',
            } } };
            export function setup() { console.log('here'); }
            export default function () { }",
        said: "here",
        later: 300,
        left: torn_down(0, 0),
    },
    Point {
        name: "an iteration that sleeps, beside one that has ended",
        script: "
            export const options = { vus: 2, iterations: 3 };
            export default function () {
                if (__ITER == 1 || __VU == 2) { console.log('here'); sleep(3600); }
            }",
        said: "here",
        later: 300,
        left: torn_down(1, 2),
    },
    Point {
        name: "an iteration that never waits",
        script: "export default function () { console.log('here'); while (true) {} }",
        said: "here",
        later: 0,
        left: torn_down(0, 1),
    },
    Point {
        name: "a request that is not answered",
        script: "
            import http from 'k6/http';
            export default function () { console.log('here'); http.get(__ENV.SILENCE); }",
        said: "here",
        later: 300,
        left: torn_down(0, 1),
    },
    Point {
        name: "the graceful stop",
        script: "
            export const options = { scenarios: { s: {
                executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '1h',
            } } };
            export default function () { console.log('here'); sleep(3600); }",
        said: "here",
        later: 1_300,
        left: torn_down(0, 1),
    },
    Point {
        name: "a VU that is made on demand",
        script: "
            if (__VU == 2) { console.log('here'); while (true) {} }
            export const options = { scenarios: { s: {
                executor: 'constant-arrival-rate', rate: 10, duration: '1h', preAllocatedVUs: 1, maxVUs: 2,
            } } };
            export default function () { sleep(3600); }",
        said: "here",
        later: 0,
        left: torn_down(0, 1),
    },
    Point {
        name: "the pause after a short iteration",
        script: "
            export const options = { iterations: 2, minIterationDuration: '1h' };
            export default function () { console.log('here'); }",
        said: "here",
        later: 300,
        left: torn_down(1, 0),
    },
    Point {
        name: "teardown, which comes to its end",
        script: "
            export default function () { }
            export function teardown() { console.log('here'); sleep(0.5); console.log('torn down'); }",
        said: "here",
        later: 0,
        left: torn_down(1, 0),
    },
    Point {
        name: "handleSummary: the run is over, and was not interrupted",
        script: "
            export default function () { }
            export function handleSummary() { console.log('here'); sleep(0.5); }",
        said: "here",
        later: 0,
        left: Left { code: 0, ..torn_down(1, 0) },
    },
];

/// What every script of this file begins and ends with.
fn whole(script: &str) -> String {
    let teardown = match script.contains("function teardown") {
        true => "",
        false => "export function teardown() { console.log('torn down'); }",
    };
    format!("import {{ sleep }} from 'k6';\n{script}\n{teardown}")
}

/// How long the end may take, on a machine that has other things to do: the scripts wait for an hour.
const SOON: Duration = Duration::from_secs(15);

async fn kill_at(point: &Point, silence: &str) {
    let flags = format!("--out json=samples.json -e SILENCE={silence}");
    let mut run = Folder::with(&whole(point.script)).start(&flags);
    run.says(point.said).await;
    sleep(Duration::from_millis(point.later)).await;
    let signalled = Instant::now();
    run.signal("INT");
    let (end, folder) = run.finish_and_leave().await;
    assert!(signalled.elapsed() < SOON, "{}: {:?}", point.name, signalled.elapsed());
    let samples = match folder.files().iter().any(|file| file == "samples.json") {
        true => samples(&folder.read("samples.json")),
        false => Vec::new(),
    };
    let left = Left {
        code: end.code.unwrap_or_else(|| panic!("{}: killed; {end}", point.name)),
        tears_down: end.stderr.contains("torn down"),
        summary: end.stdout.contains("TOTAL RESULTS"),
        complete: samples.iter().filter(|metric| *metric == "iterations").count() as u64,
        interrupted: interrupted(&end.stdout),
    };
    assert_eq!(left, point.left, "{}; {end}", point.name);
}

/// The metric of each point of the JSON output, every line of which must be whole.
fn samples(output: &str) -> Vec<String> {
    assert!(output.is_empty() || output.ends_with('\n'), "the last line is whole: {output}");
    let line = |line: &str| -> serde_json::Value { serde_json::from_str(line).expect("a line of JSON") };
    let lines = output.lines().map(line).filter(|line| line["type"] == "Point");
    lines.map(|line| line["metric"].as_str().expect("a name").to_owned()).collect()
}

/// How many iterations the summary says were interrupted.
fn interrupted(summary: &str) -> u64 {
    let count = |line: &str| line.split_once(" iteration")?.0.split(' ').next_back()?.parse().ok();
    let line = summary.lines().find(|line| line.contains("interrupted") && line.contains(" iteration"));
    line.and_then(count).unwrap_or(0)
}

#[tokio::test]
async fn at_every_point_of_a_run() {
    // Accepts connections, because the kernel does, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silence = format!("http://{}/", listener.local_addr().expect("an address"));
    for point in &POINTS {
        kill_at(point, &silence).await;
    }
}
