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

/// One request a tenth of a second; all fail in some part of the test, and during `teardown`.
#[derive(Clone)]
struct Requests {
    fail: (Duration, Duration),
}

struct Requester {
    context: WorkerContext,
    fail: (Duration, Duration),
}

impl VuFactory for Requests {
    type Vu = Requester;

    async fn create(&self, context: &WorkerContext, _: VuId, _: Interrupt) -> Result<Requester, VuInitError> {
        Ok(Requester { context: context.clone(), fail: self.fail })
    }
}

impl Requester {
    fn request(&self, failed: bool) {
        let at = self.context.clock.timestamp(Instant::now());
        let mut shard = self.context.shard.borrow_mut();
        let tags = shard.tag_set(&[]);
        let series = shard.series(builtin::HTTP_REQ_FAILED, tags);
        shard.record(series, f64::from(u8::from(failed)), at);
    }
}

impl Vu for Requester {
    async fn call(&mut self, call: Call) -> CallEnd {
        let (from, to) = self.fail;
        if matches!(call.kind, CallKind::Teardown) {
            self.request(true);
            sleep(Duration::from_secs(60)).await;
        } else {
            sleep(Duration::from_millis(100)).await;
            let elapsed = self.context.run.test_elapsed();
            self.request(elapsed > from && elapsed <= to);
        }
        CallEnd::new(CallOutcome::Completed)
    }
}

async fn run(options: &Value, fail: (u64, u64), teardown: bool) -> RunOutcome {
    let plan = plan(options);
    let thresholds = Thresholds::bind(&plan.thresholds, &Registry::new()).expect("known metrics");
    let config =
        RunConfig { thresholds, phases: ScriptPhases { setup: false, teardown }, ..RunConfig::default() };
    let fail = (Duration::from_secs(fail.0), Duration::from_secs(fail.1));
    Run::new(Arc::new(plan), Requests { fail }, config, EventSink::silent()).execute_here().await
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
