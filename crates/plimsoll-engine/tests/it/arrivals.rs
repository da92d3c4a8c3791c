//! Executors that start iterations at given times: on paused time, and last on real threads.

use std::{collections::BTreeSet, num::NonZeroUsize, time::Duration};

use plimsoll_engine::{CallKind, CallOutcome, RunConfig, RunEnd, RunEvent, VuInitError};
use plimsoll_metrics::builtin;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    Closures, Notes, boom, finish, finish_on_threads, is_iteration, ms, sleep, sleepers, stop_after, total,
    trial, trial_with,
};

/// One iteration: its VU, its number, when it was due and when it started.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    vu: u32,
    number: u64,
    due: u128,
    started: u128,
}

/// VUs that note their iterations, in milliseconds from the scenario's start, and then sleep.
fn noting(millis: u64) -> (Closures, Notes<Seen>) {
    let notes = Notes::default();
    let own = notes.clone();
    let factory = Closures::new(move |vu, call| {
        let own = own.clone();
        async move {
            let CallKind::Iteration(iteration) = call.kind else { return CallOutcome::Completed };
            let start = iteration.scenario.progress.started_at().expect("it has started");
            let from_start = |at: Instant| (at - start).as_millis();
            own.push(Seen {
                vu: vu.0,
                number: iteration.scenario_iteration_in_instance,
                due: from_start(iteration.due_at.expect("it was scheduled")),
                started: from_start(Instant::now()),
            });
            sleep(ms(millis), &call.interrupt).await
        }
    });
    (factory, notes)
}

fn constant(rate: u32, duration: &str, vus: [u32; 2]) -> Value {
    json!({ "scenarios": { "s": {
        "executor": "constant-arrival-rate", "rate": rate, "duration": duration,
        "preAllocatedVUs": vus[0], "maxVUs": vus[1],
    } } })
}

#[tokio::test(start_paused = true)]
async fn a_constant_rate_starts_iterations_on_time_and_vus_take_turns() {
    let (factory, notes) = noting(150);
    let outcome = finish(trial(&constant(10, "1s", [3, 3]), factory)).await;
    let seen = notes.take();
    assert_eq!(
        seen.iter().map(|seen| seen.due).collect::<Vec<_>>(),
        (0..10).map(|i| i * 100).collect::<Vec<_>>()
    );
    assert!(seen.iter().all(|seen| seen.started == seen.due), "{seen:?}");
    assert_eq!(seen.iter().map(|seen| seen.number).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert_eq!(seen.iter().map(|seen| seen.vu).collect::<BTreeSet<_>>().len(), 3, "all VUs take part");
    assert_eq!(total(&outcome, builtin::ITERATIONS), 10.0);
    assert_eq!(total(&outcome, builtin::ITERATION_LATENESS), 10.0);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
    assert_eq!(outcome.test_duration, ms(1_050), "the last iteration finishes");
}

#[tokio::test(start_paused = true)]
async fn a_ramp_starts_iterations_where_its_area_is_whole() {
    let (factory, notes) = noting(10);
    let options = json!({ "scenarios": { "s": {
        "executor": "ramping-arrival-rate", "stages": [{ "duration": "2s", "target": 10 }],
        "preAllocatedVUs": 1,
    } } });
    finish(trial(&options, factory)).await;
    let due: Vec<u128> = notes.take().iter().map(|seen| seen.due).collect();
    assert_eq!(due, [632, 894, 1095, 1264, 1414, 1549, 1673, 1788, 1897, 2000]);
}

#[tokio::test(start_paused = true)]
async fn arrivals_without_a_vu_are_dropped() {
    let (factory, notes) = noting(500);
    let trial = trial(&constant(10, "2s", [2, 4]), factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    // Four VUs are busy for 0.5 s each: of every five arrivals, the fifth finds nobody.
    let due: Vec<u128> = notes.take().iter().map(|seen| seen.due / 100).collect();
    assert_eq!(due, [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18]);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 4.0);
    assert_eq!(outcome.state.scenarios()[0].progress.dropped_iterations(), 4);
    let exhausted = RunEvent::VusExhausted { scenario: 0, max: 4 };
    assert_eq!(log.time_of(&exhausted), Some(ms(400)));
    assert_eq!(log.events().iter().filter(|event| **event == exhausted).count(), 1, "said once");
    assert_eq!(outcome.state.initialised_vus(), 4);
    assert_eq!(outcome.state.scenarios()[0].progress.vus_made_on_demand(), 2);
    assert_eq!(outcome.state.scenarios()[0].progress.first_iterations(), 4, "one of each VU");
}

#[tokio::test(start_paused = true)]
async fn vus_are_made_on_demand_side_by_side_and_arrivals_wait_for_the_first() {
    let (factory, notes) = noting(1_000);
    let factory = factory.with_init(|vu, _| async move {
        if vu.0 > 1 {
            tokio::time::sleep(ms(250)).await;
        }
        Ok(())
    });
    let outcome = finish(trial(&constant(10, "1s", [1, 100]), factory)).await;
    let seen = notes.take();
    assert_eq!(
        seen.iter().map(|seen| seen.started - seen.due).take(5).collect::<Vec<_>>(),
        [0, 250, 250, 250, 250]
    );
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
}

#[tokio::test(start_paused = true)]
async fn everybody_who_is_due_within_a_stall_waits_for_the_rest_of_it() {
    let waits: Notes<u128> = Notes::default();
    let own = waits.clone();
    let factory = Closures::new(move |_, call| {
        let own = own.clone();
        async move {
            let CallKind::Iteration(iteration) = &call.kind else { return CallOutcome::Completed };
            let start = iteration.scenario.progress.started_at().expect("it has started");
            let (stall, now) = (start + ms(1_000)..start + ms(1_700), Instant::now());
            let answered_at = if stall.contains(&now) { stall.end } else { now + ms(1) };
            let outcome = sleep(answered_at - now, &call.interrupt).await;
            own.push((Instant::now() - iteration.due_at.expect("scheduled")).as_millis());
            outcome
        }
    });
    let outcome = finish(trial(&constant(100, "3s", [70, 70]), factory)).await;
    let mut waits = waits.take();
    waits.sort_unstable();
    // 300 arrivals, of which the 70 within the stall wait 10 ms, 20 ms and so on up to all of it.
    let expected: Vec<u128> = (0..230).map(|_| 1).chain((1..=70).map(|n| n * 10)).collect();
    assert_eq!(waits, expected);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_while_vus_are_free() {
    let outcome = finish(trial(&constant(10, "5s", [1, 100]), sleepers(100))).await;
    assert_eq!(total(&outcome, builtin::ITERATIONS), 50.0);
    assert_eq!(outcome.state.initialised_vus(), 1, "a VU that becomes free when it is needed is free");
}

#[tokio::test(start_paused = true)]
async fn scenarios_start_at_their_time_and_share_vus_made_on_demand() {
    let (factory, notes) = noting(10);
    let scenario = |start: &str, prepared: u32| {
        json!({
            "executor": "constant-arrival-rate", "rate": 2, "duration": "1s", "startTime": start,
            "gracefulStop": 0, "preAllocatedVUs": prepared, "maxVUs": 1,
        })
    };
    let options = json!({ "scenarios": { "a": scenario("0s", 0), "b": scenario("3s", 0) } });
    let trial = trial(&options, factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    let seen = notes.take();
    assert_eq!(seen.iter().map(|seen| seen.started).collect::<Vec<_>>(), [0, 500, 0, 500]);
    assert!(seen.iter().all(|seen| seen.vu == 1));
    assert_eq!(outcome.state.initialised_vus(), 1);
    assert_eq!(log.time_of(&RunEvent::ScenarioEnded { scenario: 1 }), Some(ms(4_000)));
}

#[tokio::test(start_paused = true)]
async fn what_still_runs_at_the_cut_off_is_interrupted() {
    let mut options = constant(10, "1s", [20, 20]);
    options["scenarios"]["s"]["gracefulStop"] = json!("450ms");
    let outcome = finish(trial(&options, sleepers(800))).await;
    assert_eq!(total(&outcome, builtin::ITERATIONS), 7.0, "those due at 0 to 600 ms");
    assert_eq!(outcome.state.interrupted_iterations(), 3);
    assert_eq!(outcome.test_duration, ms(1_450));
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_interrupts_at_once_and_drops_nothing() {
    let trial = trial(&constant(10, "1h", [5, 50]), sleepers(600_000));
    stop_after(trial.run.control(), 1_050);
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(outcome.test_duration, ms(1_050));
    assert_eq!(outcome.state.interrupted_iterations(), 11);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
}

#[tokio::test(start_paused = true)]
async fn arrivals_still_waiting_for_a_vu_at_the_cut_off_are_dropped() {
    let mut options = constant(10, "1s", [1, 5]);
    options["scenarios"]["s"]["gracefulStop"] = json!("0s");
    let factory = sleepers(10_000).with_init(|vu, interrupt| async move {
        match vu.0 {
            0 | 1 => Ok(()),
            _ => {
                sleep(ms(60_000), &interrupt).await;
                Err(VuInitError::Interrupted)
            }
        }
    });
    let outcome = finish(trial(&options, factory)).await;
    assert_eq!(outcome.end, RunEnd::Completed);
    assert_eq!(outcome.state.interrupted_iterations(), 1);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 9.0);
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_cannot_be_made_on_demand_ends_the_run() {
    let factory = sleepers(10_000)
        .with_init(|vu, _| async move { if vu.0 == 3 { Err(VuInitError::Script(boom())) } else { Ok(()) } });
    let outcome = finish(trial(&constant(10, "10s", [1, 5]), factory)).await;
    assert_eq!(outcome.end, RunEnd::InitFailed(VuInitError::Script(boom())));
    assert_eq!(outcome.test_duration, ms(200));
}

fn on_workers(options: &Value, factory: Closures, workers: usize) -> crate::support::Trial {
    let workers = NonZeroUsize::new(workers).expect("at least one");
    trial_with(options, factory, RunConfig { workers, ..RunConfig::default() })
}

#[tokio::test]
async fn several_workers_start_every_arrival_once_and_help_each_other_out() {
    // Three VUs on two workers: the second has one VU for half of the arrivals, and needs the others'.
    let (factory, notes) = noting(25);
    let outcome = finish_on_threads(on_workers(&constant(100, "1s", [3, 3]), factory, 2)).await;
    let seen = notes.take();
    let numbers: BTreeSet<u64> = seen.iter().map(|seen| seen.number).collect();
    let due: BTreeSet<u128> = seen.iter().map(|seen| seen.due).collect();
    assert_eq!((numbers.len(), due.len()), (seen.len(), seen.len()), "each once");
    let dropped = total(&outcome, builtin::DROPPED_ITERATIONS);
    assert_eq!(seen.len() as f64 + dropped, 100.0, "each started or dropped");
    // Alone, the second worker would drop about a quarter of all.
    assert!(dropped < 20.0, "{dropped}");
}

#[tokio::test]
async fn a_panic_in_a_vu_ends_the_run() {
    let factory = Closures::new(|vu, call| async move {
        assert!(!is_iteration(&call) || vu.0 != 2, "this VU is broken");
        CallOutcome::Completed
    });
    let trial = on_workers(&constant(100, "1h", [2, 2]), factory, 2);
    let outcome = tokio::time::timeout(Duration::from_secs(20), trial.run.execute()).await.expect("in time");
    assert_eq!(outcome.end, RunEnd::WorkerLost);
}

#[tokio::test]
async fn iterations_start_on_time_in_real_time() {
    let lateness: Notes<Duration> = Notes::default();
    let own = lateness.clone();
    let factory = Closures::new(move |_, call| {
        let own = own.clone();
        async move {
            if let CallKind::Iteration(iteration) = &call.kind {
                own.push(iteration.started_at - iteration.due_at.expect("scheduled"));
                return sleep(ms(2), &call.interrupt).await;
            }
            CallOutcome::Completed
        }
    });
    let outcome = finish_on_threads(on_workers(&constant(500, "1s", [20, 200]), factory, 2)).await;
    let mut lateness = lateness.take();
    lateness.sort_unstable();
    assert_eq!(lateness.len() as f64 + total(&outcome, builtin::DROPPED_ITERATIONS), 500.0);
    // Around 0.1 ms; the bound is for a loaded machine.
    let median = lateness[lateness.len() / 2];
    assert!(median < ms(20), "{median:?}");
}
