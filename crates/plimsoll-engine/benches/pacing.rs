//! How late iterations start under a constant arrival rate, on one worker and on one for each core.
//!
//! `cargo bench -p plimsoll-engine --bench pacing`. Iterations take a millisecond of waiting and no work.

use std::{io::Write, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use plimsoll_engine::{
    Call, CallEnd, CallKind, CallOutcome, EventSink, Interrupt, Run, RunConfig, RunOutcome, Vu, VuFactory,
    VuId, VuInitError, WorkerContext,
};
use plimsoll_metrics::{Sink, builtin};
use plimsoll_plan::{OptionsLayer, Origin, resolve};
use serde_json::json;
use tokio::runtime::Builder;

/// VUs that wait for a millisecond.
#[derive(Clone)]
struct Waiting;

impl VuFactory for Waiting {
    type Vu = Self;

    async fn create(&self, _: &WorkerContext, _: VuId, _: Interrupt) -> Result<Self, VuInitError> {
        Ok(Self)
    }
}

impl Vu for Waiting {
    async fn call(&mut self, call: Call) -> CallEnd {
        if let CallKind::Iteration(_) = call.kind {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        CallEnd::new(CallOutcome::Completed)
    }
}

fn main() {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    for workers in [NonZeroUsize::MIN, cores] {
        for rate in [730, 2_000, 10_000, 40_000] {
            let outcome = runtime.block_on(run(rate, workers));
            writeln!(std::io::stdout(), "{rate}/s on {workers} worker(s): {}", lateness(&outcome))
                .expect("stdout");
        }
    }
}

async fn run(rate: u32, workers: NonZeroUsize) -> RunOutcome {
    let options = json!({ "scenarios": { "s": {
        "executor": "constant-arrival-rate", "rate": rate, "duration": "3s", "preAllocatedVUs": 500,
    } } });
    let layer = OptionsLayer::from_json(Origin::Script("bench.js".to_owned()), &options);
    let plan = resolve(vec![layer]).expect("a valid plan");
    let config = RunConfig { workers, ..RunConfig::default() };
    Run::new(Arc::new(plan), Waiting, config, EventSink::silent()).execute().await
}

fn lateness(outcome: &RunOutcome) -> String {
    let Some(Sink::Trend(late)) = outcome.aggregate.total(builtin::ITERATION_LATENESS) else {
        return "nothing was recorded".to_owned();
    };
    let micros = |quantile: f64| late.quantile(quantile) * 1e3;
    let dropped = outcome.state.scenarios()[0].progress.dropped_iterations();
    format!(
        "{} iterations, {dropped} dropped, late by p50 {:.0} µs, p99 {:.0} µs, max {:.0} µs",
        outcome.state.complete_iterations(),
        micros(0.5),
        micros(0.99),
        micros(1.0),
    )
}
