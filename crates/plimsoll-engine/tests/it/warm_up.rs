//! What is recorded in the warm-up is kept apart, on paused time.

use plimsoll_engine::{CallKind, CallOutcome, RunEnd, RunOutcome};
use plimsoll_metrics::{Outcome, Sink, builtin};
use serde_json::{Value, json};

use crate::support::{Closures, finish, ms, sleep, sleepers, stop_after, total, trial};

fn options(warmup: &str) -> Value {
    json!({ "vus": 1, "duration": "10s", "warmup": warmup, "thresholds": { "iterations": ["rate<9.9"] } })
}

fn kept_apart(outcome: &RunOutcome) -> Option<(u128, u64)> {
    let warm_up = outcome.warm_up.as_ref()?;
    let iterations = warm_up.aggregate.total(builtin::ITERATIONS).map_or(0, Sink::count);
    Some((warm_up.duration.as_millis(), iterations))
}

#[tokio::test(start_paused = true)]
async fn samples_belong_to_the_part_in_which_they_are_taken() {
    // An iteration every 130 ms; the one that runs when the warm-up ends is measured.
    let outcome = finish(trial(&options("3s"), sleepers(130))).await;
    assert_eq!(kept_apart(&outcome), Some((3_000, 23)));
    assert_eq!(total(&outcome, builtin::ITERATIONS), 54.0);
    assert_eq!(outcome.state.complete_iterations(), 77);
    assert_eq!((outcome.measured_iterations(), outcome.measured_duration()), (54, ms(7_010)));
    assert_eq!(outcome.test_duration, ms(10_010));
}

#[tokio::test(start_paused = true)]
async fn without_a_warm_up_there_is_none() {
    let outcome = finish(trial(&options("0s"), sleepers(130))).await;
    assert_eq!(kept_apart(&outcome), None);
    assert_eq!((outcome.measured_iterations(), outcome.measured_duration()), (77, outcome.test_duration));
}

#[tokio::test(start_paused = true)]
async fn thresholds_neither_see_it_nor_count_its_time() {
    // 10 iterations a second for two seconds, then one: 2.8/s over all ten seconds.
    let factory = Closures::new(|_, call| async move {
        let CallKind::Iteration(iteration) = &call.kind else { return CallOutcome::Completed };
        let takes = if iteration.iteration_in_vu < 20 { 100 } else { 1_000 };
        sleep(ms(takes), &call.interrupt).await
    });
    let options = json!({
        "vus": 1, "duration": "10s", "warmup": "2s",
        "thresholds": { "iterations": [{ "threshold": "rate<1.5", "abortOnFail": true }] },
    });
    let outcome = finish(trial(&options, factory)).await;
    assert_eq!(outcome.end, RunEnd::Completed, "no threshold was crossed on the way");
    let report = outcome.thresholds.as_ref().expect("there is one");
    assert!(
        matches!(report.rules[0].results[0].outcome, Outcome::Passed { value } if value == 1.0),
        "{report:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_within_it_has_measured_nothing_but_teardown() {
    let trial = trial(&options("8s"), sleepers(130));
    stop_after(trial.run.control(), 1_000);
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(kept_apart(&outcome), Some((1_000, 7)));
    assert_eq!(outcome.measured_duration(), ms(0));
    let report = outcome.thresholds.as_ref().expect("there is one");
    assert!(matches!(report.rules[0].results[0].outcome, Outcome::NoData { .. }), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn its_end_is_told_when_it_comes() {
    let trial = trial(&options("2700ms"), sleepers(130));
    let state = trial.run.state();
    let heard = async {
        state.warmed_up().await;
        state.test_elapsed()
    };
    let (outcome, at) = tokio::join!(finish(trial), heard);
    assert_eq!(at, ms(2_700), "and not at the next whole second");
    // The last iteration of ten seconds ends after them.
    assert_eq!(outcome.state.starting_elapsed(), ms(7_300));
    let again = tokio::time::timeout(ms(60_000), outcome.state.warmed_up());
    assert!(again.await.is_err(), "it ends once");
}
