//! Runs that end for other reasons than their plan, and the verdicts of thresholds.

use crate::support::{Folder, run};

#[tokio::test]
async fn abort_on_fail_ends_the_run_early() {
    let script = "
        import { check, sleep } from 'k6';
        export const options = {
            vus: 1, duration: '1h', thresholds: { checks: [{ threshold: 'rate>0.5', abortOnFail: true }] },
        };
        export default function () { check(1, { never: () => false }); sleep(0.1); }
        export function teardown() { console.log('in teardown'); }";
    let end = run(script).await.code(99);
    end.says(&["in teardown", "aborted because a threshold with abortOnFail was crossed"]).shows(&[
        "✗ 'rate>0.5' rate=0.00%",
        "✗ never",
        "the test was aborted because a threshold",
    ]);
}

#[tokio::test]
async fn the_script_aborts_the_test() {
    let script = "
        import exec from 'k6/execution';
        export const options = { vus: 2, duration: '1h' };
        export default function () {
            try { exec.test.abort('seen enough'); } finally { console.log('not reached'); }
        }
        export function teardown() { console.log('in teardown'); }";
    let end = run(script).await.code(108).says_nothing_of(&["not reached", "consider a longer duration"]);
    end.says(&["in teardown", "level=error msg=\"test aborted: seen enough\""])
        .shows(&["test aborted: seen enough", "? incomplete: it ended early; nothing was judged"]);
}

#[tokio::test]
async fn the_script_aborts_the_test_anywhere() {
    for place in ["", "export function setup() ", "export function teardown() "] {
        let script = format!(
            "import exec from 'k6/execution';
            {place}{{ exec.test.abort('seen enough'); }}
            export default function () {{ }}"
        );
        run(&script).await.code(108).says(&["test aborted: seen enough"]);
    }
}

#[tokio::test]
async fn the_script_marks_the_test_as_failed() {
    let script = "
        import exec from 'k6/execution';
        export const options = { vus: 1, iterations: 3, thresholds: { iterations: ['count>5'] } };
        export default function () { if (__ITER == 0) { exec.test.fail('not good'); } }";
    let end = run(script).await.code(110);
    assert_eq!(end.count("iterations"), 3);
    end.says(&["level=error msg=\"test marked as failed: not good\"", "have been crossed"])
        .shows(&["✗ failed: the script marked it as failed; ", "marked the test as failed: not good"]);
}

#[tokio::test]
async fn infinite_values_are_shown_and_recorded() {
    let folder = Folder::with(
        "import { Counter, Trend } from 'k6/metrics';
         import { sleep } from 'k6';
         const mbps = new Trend('mbps');
         const sum = new Counter('sum');
         export const options = { vus: 1, iterations: 4 };
         export default function () {
           mbps.add(__ITER == 1 ? 1 / 0 : 2);
           sum.add(__ITER == 1 ? 1 / 0 : 1);
           sleep(0.6);
         }",
    );
    let end = folder.run("--record a.plimsoll --report a.html --summary-export a.json").await.code(0);
    let rows = ["mbps", "sum"].map(|name| end.row(name));
    assert_eq!(rows[0], "avg=+Inf min=2 med=2 max=+Inf p(90)=+Inf p(95)=+Inf");
    assert_eq!(rows[1], "+Inf +Inf/s");
    assert!(folder.read("a.html").ends_with("</html>\n"));
    assert!(folder.read("a.json").contains("\"max\": null"), "JSON has no infinity");
    // Seconds after the infinite one do not make it something else.
    let report = folder.plimsoll("report a.plimsoll").await.code(0);
    assert_eq!(["mbps", "sum"].map(|name| report.row(name)), rows);
}

#[tokio::test]
async fn setup_takes_too_long() {
    let script = "
        import { sleep } from 'k6';
        export const options = { setupTimeout: '200ms' };
        export function setup() { sleep(3600); }
        export default function () { console.log('in VU'); }";
    let end = run(script).await.code(100).says_nothing_of(&["in VU", "consider a longer duration"]);
    end.says(&["setup() took longer than 200ms (raise the option setupTimeout, or make it faster)"]);
}

#[tokio::test]
async fn teardown_takes_too_long() {
    let script = "
        export const options = { teardownTimeout: '200ms' };
        export default function () { }
        export function teardown() { while (true) {} }";
    let end = run(script).await.code(101).shows(&["iterations"]);
    end.says(&["teardown() took longer than 200ms (raise the option teardownTimeout, or make it faster)"]);
}

#[tokio::test]
async fn the_first_reason_decides() {
    let script = "
        import exec from 'k6/execution';
        import { check } from 'k6';
        export const options = { thresholds: { checks: ['rate>0.5'] } };
        export default function () { check(1, { never: () => false }); exec.test.abort('first'); }
        export function teardown() { throw new Error('second'); }";
    run(script).await.code(108).says(&[
        "test aborted: first",
        "teardown() threw: Error: second",
        "have been crossed",
    ]);
}

const NO_DATA: &str = "
    export const options = {
        thresholds: { http_req_duration: ['p(95)<500'], iterations: ['count>0'], checks: ['rate>0.9'] },
    };
    export default function () { }";

#[tokio::test]
async fn thresholds_without_data_fail() {
    let end = run(NO_DATA).await.code(99);
    end.says(&[
        "thresholds on metrics 'checks, http_req_duration' had no data (--no-data=pass lets that pass)",
    ])
    .says_nothing_of(&["have been crossed"])
    .shows(&["? 'p(95)<500' no data", "? 'rate>0.9' no data", "✓ 'count>0'", "2 without data"]);
}

#[tokio::test]
async fn thresholds_without_data_count_as_in_k6_when_asked_to() {
    let script = "
        export const options = { thresholds: { http_req_duration: ['p(95)<500'] } };
        export default function () { }";
    let end = Folder::with(script).run("--no-data=pass").await.code(0).says_nothing_of(&["level=error"]);
    end.shows(&["✓ 'p(95)<500' p(95)=0s", "1 had no data"]);
}
