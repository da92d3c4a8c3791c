//! Thresholds with windows in a run, on paused time.

use std::{sync::Arc, time::Duration};

use plimsoll_engine::{
    Call, CallEnd, CallKind, CallOutcome, EventSink, Interrupt, Run, RunConfig, RunEnd, RunOutcome,
    ScriptPhases, Vu, VuFactory, VuId, VuInitError, WorkerContext,
};
use plimsoll_metrics::{Outcome, Registry, Thresholds, builtin};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::plan;

/// One request a tenth of a second; all fail in some part of the test, and during `setup` and `teardown`.
#[derive(Clone)]
struct Requests {
    fail: (Duration, Duration),
    /// What iterations do after their request.
    rest: Duration,
}

struct Requester {
    context: WorkerContext,
    fail: (Duration, Duration),
    rest: Duration,
}

impl VuFactory for Requests {
    type Vu = Requester;

    async fn create(&self, context: &WorkerContext, _: VuId, _: Interrupt) -> Result<Requester, VuInitError> {
        Ok(Requester { context: context.clone(), fail: self.fail, rest: self.rest })
    }
}

impl Requester {
    fn request(&self, failed: bool) {
        let at = self.context.clock.timestamp(Instant::now());
        let mut shard = self.context.shard.borrow_mut();
        let tags = shard.tag_set(&[]);
        let series = shard.series(builtin::HTTP_REQ_FAILED, tags);
        shard.record(series, f64::from(u8::from(failed)), at);
        let series = shard.series(builtin::HTTP_REQS, tags);
        shard.record(series, 1.0, at);
    }
}

impl Vu for Requester {
    async fn call(&mut self, call: Call) -> CallEnd {
        let (from, to) = self.fail;
        if matches!(call.kind, CallKind::Setup | CallKind::Teardown) {
            self.request(true);
            sleep(Duration::from_secs(30)).await;
        } else {
            sleep(Duration::from_millis(100)).await;
            let elapsed = self.context.run.test_elapsed();
            self.request(elapsed > from && elapsed <= to);
            sleep(self.rest).await;
        }
        CallEnd::new(CallOutcome::Completed)
    }
}

async fn run(options: &Value, fail: (u64, u64), teardown: bool) -> RunOutcome {
    let fail = (Duration::from_secs(fail.0), Duration::from_secs(fail.1));
    let phases = ScriptPhases { setup: false, teardown };
    run_of(options, Requests { fail, rest: Duration::ZERO }, phases).await
}

async fn run_of(options: &Value, requests: Requests, phases: ScriptPhases) -> RunOutcome {
    let plan = plan(options);
    let thresholds = Thresholds::bind(&plan.thresholds, &Registry::new()).expect("known metrics");
    let config = RunConfig { thresholds, phases, ..RunConfig::default() };
    Run::new(Arc::new(plan), requests, config, EventSink::silent()).execute_here().await
}

fn options(duration: &str, threshold: &Value) -> Value {
    json!({ "vus": 2, "duration": duration, "thresholds": { "http_req_failed": [threshold] } })
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_of_errors_end_a_long_run_within_twelve() {
    let threshold = json!({ "threshold": "rate<0.9", "window": "10s", "abortOnFail": true });
    let outcome = run(&options("10m", &threshold), (58, 600), false).await;
    assert_eq!(outcome.end, RunEnd::ThresholdsAborted);
    let elapsed = outcome.test_duration.as_secs_f64();
    assert!((66.0..=70.0).contains(&elapsed), "ended after {elapsed} s");
    let plain = json!({ "threshold": "rate<0.9", "abortOnFail": true });
    let outcome = run(&options("80s", &plain), (58, 68), false).await;
    assert_eq!(outcome.end, RunEnd::Completed, "without a window, nobody notices");
}

#[tokio::test(start_paused = true)]
async fn what_broke_a_window_fails_the_run_though_it_recovered() {
    let threshold = json!({ "threshold": "rate<0.5", "window": "5s" });
    let outcome = run(&options("60s", &threshold), (20, 25), true).await;
    let report = outcome.thresholds.expect("there are thresholds");
    let result = &report.rules[0].results[0];
    assert_eq!(result.outcome, Outcome::Crossed { value: 1.0 });
    let window = result.window.expect("windows were judged");
    let (from, to) = (window.span.0.as_secs_f64(), window.span.1.as_secs_f64());
    assert!((19.0..21.5).contains(&from) && (24.0..26.5).contains(&to), "{from} to {to}");
}

#[tokio::test(start_paused = true)]
async fn what_teardown_does_is_in_no_window() {
    let threshold = json!({ "threshold": "rate<0.5", "window": "5s" });
    let outcome = run(&options("20s", &threshold), (600, 601), true).await;
    let report = outcome.thresholds.expect("there are thresholds");
    assert_eq!(report.rules[0].results[0].outcome, Outcome::Passed { value: 0.0 });
}

#[tokio::test(start_paused = true)]
async fn what_setup_does_is_in_no_window() {
    let threshold = json!({ "threshold": "rate<0.1", "window": "10s", "abortOnFail": true });
    let requests = Requests { fail: (Duration::ZERO, Duration::ZERO), rest: Duration::ZERO };
    let phases = ScriptPhases { setup: true, teardown: false };
    let outcome = run_of(&options("20s", &threshold), requests, phases).await;
    assert_eq!(outcome.end, RunEnd::Completed, "its half minute with an error ends nothing");
    let report = outcome.thresholds.expect("there are thresholds");
    assert_eq!(report.rules[0].results[0].outcome, Outcome::Passed { value: 0.0 });
}

/// Two hundred VUs that make a request every ten seconds.
async fn with_long_iterations(scenario: &Value, threshold: &str, window: &str) -> RunOutcome {
    let threshold = json!({ "threshold": threshold, "window": window, "abortOnFail": true });
    let options = json!({ "scenarios": { "s": scenario }, "thresholds": { "http_reqs": [threshold] } });
    let requests = Requests { fail: (Duration::ZERO, Duration::ZERO), rest: Duration::from_secs(10) };
    run_of(&options, requests, ScriptPhases::default()).await
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_last_iterations_breaks_no_lower_bound() {
    let by_time = json!({ "executor": "constant-vus", "vus": 200, "duration": "65s" });
    let by_count = json!({ "executor": "per-vu-iterations", "vus": 200, "iterations": 6 });
    let arriving = json!({
        "executor": "constant-arrival-rate", "rate": 20, "duration": "63500ms", "preAllocatedVUs": 300,
    });
    for scenario in [by_time, by_count, arriving] {
        for threshold in ["rate>15", "count>=150"] {
            let outcome = with_long_iterations(&scenario, threshold, "10s").await;
            let report = outcome.thresholds.expect("there are thresholds");
            let result = &report.rules[0].results[0];
            assert!(matches!(result.outcome, Outcome::Passed { .. }), "{scenario}: {result:?}");
            assert!(result.window.is_some_and(|window| window.is_full), "{result:?}");
        }
        let too_much = with_long_iterations(&scenario, "rate>25", "10s").await;
        assert_eq!(too_much.end, RunEnd::ThresholdsAborted);
    }
}
