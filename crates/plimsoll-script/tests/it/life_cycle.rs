//! Setup, iterations, teardown, abort: what runs, with which data, and what is recorded of it.

use plimsoll_engine::RunEnd;

use crate::server::Server;
use crate::support::{run_files, run_text};

#[test]
fn the_samples_of_a_request_carry_k6s_tags() {
    let server = Server::start();
    let script = "import http from 'k6/http';\nimport { check, group } from 'k6';\n\
        export const options = { tags: { run: 'r' } };\n\
        export default function () {\n\
          group('g', () => { const res = http.get(`${__ENV.SERVER}/items/7`, { tags: { own: 'o' } }); \
          check(res, { ok: () => true }); });\n\
          http.get(`${__ENV.SERVER}/status/404`, { tags: { name: 'named' } });\n\
        }";
    let ran = run_files(&[("main.js", script)], &[("SERVER", &server.url())]);
    let url = server.url();
    let series = ran.series("http_req_duration");
    assert_eq!(
        series,
        [
            "error_code=1404 expected_response=false group= method=GET name=named proto=HTTP/1.1 run=r \
            scenario=default status=404 url=named"
                .to_owned(),
            format!(
                "expected_response=true group=::g method=GET name={url}/items/{{id}} own=o proto=HTTP/1.1 \
                run=r scenario=default status=200 url={url}/items/{{id}}"
            ),
        ]
    );
    assert_eq!(ran.series("checks"), ["check=ok group=::g run=r scenario=default"]);
    assert_eq!(ran.series("group_duration"), ["group=::g run=r scenario=default"]);
    assert_eq!(ran.series("iteration_duration"), ["group= run=r scenario=default"]);
    assert_eq!(
        (ran.count("http_reqs"), ran.count("http_req_failed"), ran.count("iterations")),
        (2.0, 1.0, 1.0)
    );
    assert!(ran.count("data_sent") > 100.0 && ran.count("data_received") > 80.0);
}

#[test]
fn setup_and_teardown_have_groups_of_their_own_and_no_scenario() {
    let server = Server::start();
    let script = "import http from 'k6/http';\nconst get = () => http.get(__ENV.SERVER);\n\
        export function setup() { get(); return { n: [1, 2] }; }\n\
        export default function (data) { data.n.push(3); console.log(JSON.stringify(data)); }\n\
        export function teardown(data) { get(); console.log('teardown ' + JSON.stringify(data)); }\n\
        export const options = { iterations: 2, vus: 1 };";
    let ran = run_files(&[("main.js", script)], &[("SERVER", &server.url())]);
    // A VU keeps its copy of the data from iteration to iteration, as in k6; teardown has a fresh one.
    assert_eq!(ran.log, ["info {\"n\":[1,2,3]}", "info {\"n\":[1,2,3,3]}", "info teardown {\"n\":[1,2]}"]);
    let groups: Vec<bool> = ran.series("http_reqs").iter().map(|tags| tags.contains("scenario=")).collect();
    assert_eq!(groups, [false, false]);
    assert!(ran.series("http_reqs")[0].contains("group=::setup"));
    assert_eq!(ran.count("iterations"), 2.0);
}

#[test]
fn abort_ends_the_run_past_catch_and_finally_and_runs_teardown() {
    let ran = run_text(
        "import exec from 'k6/execution';\nexport const options = { iterations: 100, vus: 1 };\n\
         export default function () { try { exec.test.abort('enough'); } catch (e) { \
         console.log('caught'); } finally { console.log('finally'); } }\n\
         export function teardown() { console.log('teardown'); }",
    );
    assert_eq!(ran.outcome.end, RunEnd::ScriptAborted { reason: "test aborted: enough".into() });
    assert_eq!(ran.log, ["info teardown"]);
}

#[test]
fn a_setup_that_throws_ends_the_run() {
    let ran = run_text(
        "export function setup() { throw new Error('no database'); }\nexport default () => \
        console.log('ran');",
    );
    let RunEnd::SetupFailed(error) = &ran.outcome.end else { panic!("{:?}", ran.outcome.end) };
    assert_eq!(error.message, "Error: no database");
    assert!(error.stack.contains("main.js:1:"), "{}", error.stack);
    assert!(ran.log.is_empty());
}

#[test]
fn setup_data_that_is_no_json_is_an_error() {
    let ran =
        run_text("export function setup() { const a = {}; a.a = a; return a; }\nexport default () => {};");
    let RunEnd::SetupFailed(error) = &ran.outcome.end else { panic!("{:?}", ran.outcome.end) };
    assert!(error.message.contains("cannot be written as JSON"), "{}", error.message);
    for (data, said) in
        [("() => 1", "it is [object Function]"), ("({ a: [NaN] })", "'0' is NaN"), ("1/0", "it is Infinity")]
    {
        let ran =
            run_text(&format!("export function setup() {{ return {data}; }}\nexport default () => {{}};"));
        let RunEnd::SetupFailed(error) = &ran.outcome.end else { panic!("{data}: {:?}", ran.outcome.end) };
        assert!(error.message.contains(said), "{}", error.message);
    }
    let ran = run_text(
        "export function setup() { return { a: undefined, d: new Date(0) }; }\n\
         export default (data) => console.log(JSON.stringify(data));",
    );
    assert_eq!(ran.text(), r#"info {"a":null,"d":"1970-01-01T00:00:00.000Z"}"#);
}

#[test]
fn test_fail_marks_the_run_and_goes_on() {
    let ran = run_text(
        "import exec from 'k6/execution';\nexport default function () { exec.test.fail('wrong'); \
        console.log('goes on'); }",
    );
    assert_eq!(ran.outcome.failed.as_deref(), Some("wrong"));
    assert_eq!(ran.outcome.end, RunEnd::Completed);
    assert!(ran.text().contains("info goes on"));
}

#[test]
fn thresholds_on_raw_urls_see_exactly_their_requests() {
    let server = Server::start();
    let script = "import http from 'k6/http';\n\
        export const options = { iterations: 4, vus: 1, thresholds: { \
        [`http_reqs{url:${__ENV.SERVER}/items/2}`]: ['count==1'] } };\n\
        export default function () { http.get(`${__ENV.SERVER}/items/${__ITER}`); }";
    let ran = run_files(&[("main.js", script)], &[("SERVER", &server.url())]);
    let report = ran.outcome.thresholds.as_ref().expect("has thresholds");
    assert!(!report.fails(plimsoll_metrics::NoDataPolicy::Fail), "{report:?}");
}

#[test]
fn failed_requests_are_logged_a_few_times_and_counted_always() {
    let ran = run_text(
        "import http from 'k6/http';\n\
         export default function () { for (let i = 0; i < 50; i++) http.get('http://127.0.0.1:1/'); }",
    );
    let logged = ran.log.iter().filter(|line| line.contains("Request Failed")).count();
    assert_eq!(logged, 10);
    assert!(ran.text().contains("no more failures with code 1212 are logged"));
    assert_eq!(ran.count("http_req_failed"), 50.0);
}

#[test]
fn written_properties_of_lazy_objects_are_counted_once() {
    // Freed once too often, the values would be overwritten by the strings made after them.
    let ran = run_text(
        "import http from 'k6/http';\n\
         export const options = { iterations: 20, vus: 2 };\n\
         export default function () {\n\
           const made = [];\n\
           for (let i = 0; i < 500; i++) {\n\
             __ENV['K' + i % 7] = 'value ' + i;\n\
             made.push(__ENV['K' + i % 7], 'another ' + i);\n\
             http.get = { n: [i] };\n\
             if (http.get.n[0] !== i || made[2 * i] !== 'value ' + i) throw new Error('lost ' + i);\n\
           }\n\
         }",
    );
    assert!(ran.log.is_empty(), "{:?}", ran.log);
    assert_eq!(ran.count("iterations"), 20.0);
}

#[test]
fn tags_of_the_vu_are_on_every_later_sample() {
    let ran = run_text(
        "import exec from 'k6/execution';
         import { check, group } from 'k6';
         import { Counter } from 'k6/metrics';
         const early = new Counter('early'), late = new Counter('late');
         export default function () {
             early.add(1);
             exec.vu.tags.user = 'ann';
             late.add(1);
             late.add(1, { user: 'call' });
             check(1, { positive: true });
             group('g', () => late.add(1));
             exec.vu.metrics.tags.scenario = 'renamed';
             delete exec.vu.tags.group;
         }",
    );
    assert_eq!(ran.series("early"), ["group= scenario=default"]);
    assert_eq!(
        ran.series("late"),
        [
            "group= scenario=default user=ann",
            "group= scenario=default user=call",
            "group=::g scenario=default user=ann"
        ]
    );
    assert_eq!(ran.series("checks"), ["check=positive group= scenario=default user=ann"]);
    assert_eq!(ran.series("group_duration"), ["group=::g scenario=default user=ann"]);
    for metric in ["iterations", "iteration_duration", "data_sent"] {
        assert_eq!(ran.series(metric), ["scenario=renamed user=ann"], "{metric}");
    }
}
