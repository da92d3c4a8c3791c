//! How many iterations a second the engine drives when iterations do nothing: its own cost, and nothing else.
//!
//! `cargo bench -p plimsoll-engine` prints the rate for one worker and for one on each core, and how long ten
//! thousand VUs take to start and to stop.

use std::{io::Write, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use plimsoll_engine::{
    Call, CallEnd, CallKind, CallOutcome, EventSink, Interrupt, Run, RunConfig, RunEnd, RunOutcome, Vu,
    VuFactory, VuId, VuInitError, WorkerContext,
};
use plimsoll_metrics::{TagSetId, tag};
use plimsoll_plan::{OptionsLayer, Origin, Plan, resolve};
use serde_json::{Value, json};
use tokio::{runtime::Builder, time::Instant};

/// VUs that do nothing, or sleep until they are interrupted.
#[derive(Clone)]
struct Trivial {
    sleeps: bool,
}

struct TrivialVu {
    sleeps: bool,
    tags: TagSetId,
}

impl VuFactory for Trivial {
    type Vu = TrivialVu;

    async fn create(&self, worker: &WorkerContext, _: VuId, _: Interrupt) -> Result<TrivialVu, VuInitError> {
        let mut shard = worker.shard.borrow_mut();
        let scenario = shard.symbol("default");
        Ok(TrivialVu { sleeps: self.sleeps, tags: shard.tag_set(&[(tag::SCENARIO, scenario)]) })
    }
}

impl Vu for TrivialVu {
    async fn call(&mut self, call: Call) -> CallEnd {
        let outcome = match call.kind {
            CallKind::Iteration(_) if self.sleeps => {
                call.interrupt.raised().await;
                CallOutcome::Interrupted
            }
            _ => CallOutcome::Completed,
        };
        CallEnd { tags: self.tags, ..CallEnd::new(outcome) }
    }
}

fn main() {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut out = std::io::stdout();
    for workers in [NonZeroUsize::MIN, cores] {
        let outcome =
            runtime.block_on(run(&json!({ "vus": 50, "duration": "3s" }), workers, false).execute());
        let rate = rate(&outcome) / 1e6;
        writeln!(out, "empty iterations, 50 VUs, {workers} worker(s): {rate:.2} million/s").expect("stdout");
    }
    let (started, stopped) = runtime.block_on(start_and_stop(cores));
    writeln!(out, "10,000 VUs, {cores} worker(s): active after {started:?}, gone {stopped:?} after the stop")
        .expect("stdout");
}

fn rate(outcome: &RunOutcome) -> f64 {
    outcome.state.complete_iterations() as f64 / outcome.test_duration.as_secs_f64()
}

async fn start_and_stop(workers: NonZeroUsize) -> (Duration, Duration) {
    let run = run(&json!({ "vus": 10_000, "duration": "1h" }), workers, true);
    let (state, control) = (run.state(), run.control());
    let begun = Instant::now();
    let watch = tokio::spawn(async move {
        while state.active_vus() < 10_000 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let started = begun.elapsed();
        control.stop(RunEnd::Signal);
        (started, Instant::now())
    });
    run.execute().await;
    let (started, stopping) = watch.await.expect("no panic");
    (started, stopping.elapsed())
}

fn run(options: &Value, workers: NonZeroUsize, sleeps: bool) -> Run<Trivial> {
    let config = RunConfig { workers, ..RunConfig::default() };
    Run::new(Arc::new(plan(options)), Trivial { sleeps }, config, EventSink::silent())
}

fn plan(options: &Value) -> Plan {
    resolve(vec![OptionsLayer::from_json(Origin::Default, options)]).expect("valid options")
}
