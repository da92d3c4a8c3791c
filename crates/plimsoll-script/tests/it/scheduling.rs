//! Many VUs on one thread: who waits whom not, what stops, and what cannot take the process down.

use std::time::Duration;

use plimsoll_engine::RunEnd;

use crate::server::Server;
use crate::support::{run_files, run_text};

#[test]
fn an_endless_loop_neither_hangs_the_run_nor_stops_its_neighbours() {
    let ran = run_text(
        "import { sleep } from 'k6';\n\
         export const options = { scenarios: {\n\
           busy: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s', exec: 'busy' },\n\
           polite: { executor: 'constant-vus', vus: 5, duration: '1s', gracefulStop: '0s', exec: 'polite' \
           },\n\
         } };\n\
         export function busy() { try { while (true) {} } catch (e) { console.log('caught'); } }\n\
         export function polite() { sleep(0.01); }",
    );
    assert_eq!(ran.outcome.end, RunEnd::Completed);
    assert!(ran.log.is_empty(), "the loop cannot catch its interruption: {:?}", ran.log);
    let polite = ran.outcome.state.complete_iterations();
    assert!(polite > 100, "five VUs that sleep 10 ms each finished only {polite} iterations in a second");
    assert!(ran.outcome.test_duration < Duration::from_secs(5));
}

#[test]
fn recursion_without_end_is_an_exception_with_the_scripts_lines() {
    let ran = run_text(
        "function deep(n) {\n  return deep(n + 1) + 1;\n}\nexport default function () {\n  deep(0);\n}\n",
    );
    let text = ran.text();
    assert!(text.contains("threw RangeError: Maximum call stack size exceeded"), "{text}");
    assert!(text.contains("main.js:2:"), "{text}");
    assert_eq!(ran.outcome.end, RunEnd::Completed);
}

#[test]
fn sleeping_and_waiting_vus_are_interrupted_at_once() {
    let server = Server::start();
    let ran = run_files(
        &[(
            "main.js",
            "import http from 'k6/http';\nimport { sleep } from 'k6';\n\
             export const options = { scenarios: { a: { executor: 'constant-vus', vus: 20, duration: \
             '1s', gracefulStop: '0.5s' } } };\n\
             export default function () { __VU % 2 ? sleep(3600) : http.get(`${__ENV.SERVER}/slow`) && \
             sleep(3600); console.log('never'); }",
        )],
        &[("SERVER", &server.url())],
    );
    assert!(ran.log.is_empty(), "{:?}", ran.log);
    assert_eq!(ran.outcome.state.interrupted_iterations(), 20);
}

#[test]
fn promise_chains_without_end_are_interrupted() {
    let ran = run_text(
        "export const options = { scenarios: { a: { executor: 'constant-vus', vus: 1, duration: '1s', \
        gracefulStop: '0s' } } };\n\
         export default async function () { for (;;) await null; }",
    );
    assert_eq!(ran.outcome.state.interrupted_iterations(), 1);
}

#[test]
fn a_thousand_vus_start_sleep_and_stop() {
    let ran = run_text(
        "import { sleep } from 'k6';\n\
         export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 1000, iterations: \
         1 } } };\n\
         export default function () { sleep(0.2); }",
    );
    assert_eq!(ran.outcome.state.complete_iterations(), 1000);
}

#[test]
fn the_response_time_of_each_request_contains_the_lateness_of_its_iteration_once() {
    let server = Server::start();
    // The one arrival waits for a VU whose init takes 200 ms.
    let script = "import http from 'k6/http';\n\
        if (__VU > 0) { const end = Date.now() + 200; while (Date.now() < end) {} }\n\
        export const options = { scenarios: { late: { executor: 'constant-arrival-rate', rate: 1,\n\
          duration: '1s', preAllocatedVUs: 0, maxVUs: 1 } } };\n\
        export default function () { http.get(__ENV.SERVER); http.get(`${__ENV.SERVER}/status/404`); }";
    let ran = run_files(&[("main.js", script)], &[("SERVER", &server.url())]);
    let [lateness, response_time, duration, blocked] =
        ["iteration_lateness", "http_req_response_time", "http_req_duration", "http_req_blocked"]
            .map(|metric| ran.trend(metric));
    assert_eq!((lateness.count(), response_time.count()), (1, 2));
    assert!(lateness.sum() >= 199.0, "{} ms", lateness.sum());
    let expected = 2.0 * lateness.sum() + duration.sum() + blocked.sum();
    assert!((response_time.sum() - expected).abs() < 1e-6, "{} for {expected}", response_time.sum());
    assert_eq!(ran.series("http_req_response_time"), ran.series("http_req_duration"));
}

#[test]
fn requests_without_a_schedule_have_no_response_time_of_their_own() {
    let server = Server::start();
    let script = "import http from 'k6/http';\n\
        const get = () => { http.get(__ENV.SERVER); };\n\
        export { get as setup, get as default, get as teardown };";
    let ran = run_files(&[("main.js", script)], &[("SERVER", &server.url())]);
    assert_eq!((ran.count("http_reqs"), ran.count("http_req_response_time")), (3.0, 0.0));
}

#[test]
fn every_answer_has_its_generator_delay_apart_from_the_requests_time() {
    let server = Server::start();
    let script = "import http from 'k6/http';\n\
        export const options = { vus: 2, iterations: 20, tags: { run: 'mine' } };\n\
        export default function () { http.get(__ENV.SERVER); http.get('http://127.0.0.1:1/'); }";
    let ran = run_files(&[("main.js", script)], &[("SERVER", &server.url())]);
    let delay = ran.trend("generator_delay");
    assert_eq!(delay.count(), 20, "one for each answer, none for a failure");
}
