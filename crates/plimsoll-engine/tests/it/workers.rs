//! Several workers on real threads and in real time; every test is over within a second or two.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    thread::{self, ThreadId},
    time::Duration,
};

use plimsoll_engine::{CallKind, CallOutcome, RunConfig, RunEnd};
use plimsoll_metrics::builtin;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::support::{
    Closures, Notes, Trial, finish_on_threads, is_iteration, ms, sleepers, stop_after, total, trial_with,
};

/// No test here may take longer, whatever goes wrong.
const PATIENCE: Duration = Duration::from_secs(30);

fn on_workers(options: &serde_json::Value, factory: Closures, workers: usize) -> Trial {
    let workers = NonZeroUsize::new(workers).expect("at least one");
    trial_with(options, factory, RunConfig { workers, ..RunConfig::default() })
}

#[tokio::test]
async fn vus_live_on_their_workers_and_share_one_budget() {
    let homes: Notes<(u32, ThreadId)> = Notes::default();
    let numbers: Notes<u64> = Notes::default();
    let (own_homes, own_numbers) = (homes.clone(), numbers.clone());
    let factory = Closures::new(move |vu, call| {
        let (homes, numbers) = (own_homes.clone(), own_numbers.clone());
        async move {
            if let CallKind::Iteration(iteration) = call.kind {
                homes.push((vu.0, thread::current().id()));
                numbers.push(iteration.scenario_iteration_in_instance);
                tokio::time::sleep(ms(1)).await;
            }
            CallOutcome::Completed
        }
    });
    let trial = on_workers(&json!({ "vus": 6, "iterations": 300 }), factory, 3);
    let outcome = timeout(PATIENCE, finish_on_threads(trial)).await.expect("in time");
    assert_eq!(outcome.end, RunEnd::Completed);
    assert_eq!(total(&outcome, builtin::ITERATIONS), 300.0);
    let unique: BTreeSet<u64> = numbers.take().into_iter().collect();
    assert_eq!(unique, (0..300).collect());
    let mut by_vu: BTreeMap<u32, Vec<ThreadId>> = BTreeMap::new();
    for (vu, thread) in homes.take() {
        by_vu.entry(vu).or_default().push(thread);
    }
    assert!(
        by_vu.values().all(|threads| threads.iter().all(|thread| *thread == threads[0])),
        "VUs do not move"
    );
    for vu in 1..=3 {
        assert_eq!(by_vu.get(&vu).map(|threads| threads[0]), by_vu.get(&(vu + 3)).map(|threads| threads[0]));
    }
}

#[tokio::test]
async fn ten_thousand_vus_start_and_stop_promptly() {
    let trial = on_workers(&json!({ "vus": 10_000, "duration": "1h" }), sleepers(3_600_000), 2);
    let state = trial.run.state();
    let control = trial.run.control();
    let stopped = tokio::spawn(async move {
        while state.active_vus() < 10_000 {
            tokio::time::sleep(ms(5)).await;
        }
        control.stop(RunEnd::Signal);
        Instant::now()
    });
    let outcome = timeout(PATIENCE, finish_on_threads(trial)).await.expect("in time");
    let took = stopped.await.expect("no panic").elapsed();
    assert_eq!(outcome.state.interrupted_iterations(), 10_000);
    // It takes some 20 ms; the bound allows for a loaded machine and finds anything quadratic.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn vus_that_never_wait_leave_room_for_others() {
    let delays: Notes<Duration> = Notes::default();
    let own = delays.clone();
    let factory = Closures::new(move |vu, call| {
        let own = own.clone();
        async move {
            if is_iteration(&call) && vu.0 == 1 {
                let due = Instant::now() + ms(10);
                tokio::time::sleep_until(due).await;
                own.push(due.elapsed());
            }
            CallOutcome::Completed
        }
    });
    let trial = on_workers(&json!({ "vus": 20, "duration": "1s" }), factory, 1);
    let outcome = timeout(PATIENCE, finish_on_threads(trial)).await.expect("in time");
    assert!(outcome.state.complete_iterations() > 10_000, "the others are not held back");
    let mut delays = delays.take();
    delays.sort_unstable();
    assert!(delays.len() > 5, "{}", delays.len());
    // 19 slices of 50 µs, and tokio's timer of 1 ms; the rest is for a loaded machine. Without slices it
    // would never run.
    let median = delays[delays.len() / 2];
    assert!(median < ms(100), "{median:?}");
}

#[tokio::test]
async fn vus_that_never_wait_can_be_stopped() {
    let idle = Closures::new(|_, _| async { CallOutcome::Completed });
    let trial = on_workers(&json!({ "vus": 8, "duration": "1h" }), idle, 2);
    stop_after(trial.run.control(), 100);
    let outcome = timeout(PATIENCE, finish_on_threads(trial)).await.expect("in time");
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(total(&outcome, builtin::ITERATIONS), outcome.state.complete_iterations() as f64);
}

#[tokio::test]
async fn a_worker_that_dies_ends_the_run() {
    let factory = Closures::new(|vu, call| async move {
        if is_iteration(&call) {
            tokio::time::sleep(ms(20)).await;
            assert!(vu.0 != 2, "this VU is broken");
        }
        CallOutcome::Completed
    });
    let trial = on_workers(&json!({ "vus": 4, "duration": "1h" }), factory, 2);
    let outcome = timeout(PATIENCE, trial.run.execute()).await.expect("in time");
    assert_eq!(outcome.end, RunEnd::WorkerLost);
}

#[tokio::test]
async fn a_signal_reaches_all_workers() {
    let trial = on_workers(&json!({ "vus": 8, "duration": "1h" }), sleepers(3_600_000), 4);
    stop_after(trial.run.control(), 100);
    let outcome = timeout(PATIENCE, finish_on_threads(trial)).await.expect("in time");
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(outcome.state.interrupted_iterations(), 8);
}
