//! What executors do while nobody disturbs them, on paused time.

use std::{collections::BTreeMap, time::Duration};

use plimsoll_engine::{CallKind, CallOutcome, Iteration, RunEnd, RunEvent, VuId};
use plimsoll_metrics::{Sink, builtin};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Closures, Notes, boom, finish, is_iteration, ms, sleep, sleepers, total, trial};

/// One iteration as a VU saw it.
#[derive(Clone, Debug)]
struct Seen {
    vu: VuId,
    iteration: Iteration,
    from_start: Duration,
}

/// VUs that note their iterations and then sleep.
fn noting(millis: u64) -> (Closures, Notes<Seen>) {
    let notes = Notes::default();
    let own = notes.clone();
    let factory = Closures::new(move |vu, call| {
        let own = own.clone();
        async move {
            let CallKind::Iteration(iteration) = call.kind else { return CallOutcome::Completed };
            // Scenarios of these tests begin when the run does: nothing takes time before.
            let from_start =
                Instant::now() - iteration.scenario.progress.started_at().expect("it has started");
            own.push(Seen { vu, iteration, from_start });
            sleep(ms(millis), &call.interrupt).await
        }
    });
    (factory, notes)
}

fn scenario(config: &Value) -> Value {
    json!({ "scenarios": { "s": config } })
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_run_exactly_as_many_and_number_them() {
    let (factory, notes) = noting(100);
    let outcome = finish(trial(&json!({ "iterations": 10, "vus": 3 }), factory)).await;
    let mut numbers: Vec<u64> =
        notes.take().iter().map(|seen| seen.iteration.scenario_iteration_in_instance).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    assert_eq!(outcome.end, RunEnd::Completed);
    assert_eq!(total(&outcome, builtin::ITERATIONS), 10.0);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
    assert_eq!(outcome.state.complete_iterations(), 10);
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_that_time_did_not_allow_are_dropped() {
    let options = scenario(&json!({
        "executor": "shared-iterations", "vus": 2, "iterations": 100, "maxDuration": "1s",
    }));
    let outcome = finish(trial(&options, sleepers(300))).await;
    assert_eq!(total(&outcome, builtin::ITERATIONS), 8.0);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 92.0);
    let Some(Sink::Counter(dropped)) = outcome.aggregate.total(builtin::DROPPED_ITERATIONS) else { panic!() };
    assert_eq!(dropped.count, 1, "one sample for all of them");
    let series = outcome.aggregate.series_of(builtin::DROPPED_ITERATIONS).next().expect("recorded");
    assert_eq!(series.tags.get("scenario"), Some("s"));
}

#[tokio::test(start_paused = true)]
async fn every_vu_runs_its_own_iterations() {
    let (factory, notes) = noting(100);
    let options = scenario(&json!({ "executor": "per-vu-iterations", "vus": 3, "iterations": 4 }));
    finish(trial(&options, factory)).await;
    let mut by_vu: BTreeMap<VuId, Vec<u64>> = BTreeMap::new();
    for seen in notes.take() {
        by_vu.entry(seen.vu).or_default().push(seen.iteration.vu_iteration_in_scenario);
    }
    assert_eq!(by_vu.keys().map(|vu| vu.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(by_vu.values().all(|numbers| numbers == &[0, 1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn per_vu_iterations_that_time_did_not_allow_are_dropped_by_each() {
    let options = scenario(&json!({
        "executor": "per-vu-iterations", "vus": 2, "iterations": 10, "maxDuration": "1s", "gracefulStop": 0,
    }));
    let outcome = finish(trial(&options, sleepers(300))).await;
    assert_eq!(total(&outcome, builtin::ITERATIONS), 6.0);
    assert_eq!(outcome.state.interrupted_iterations(), 2);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 12.0);
    let Some(Sink::Counter(dropped)) = outcome.aggregate.total(builtin::DROPPED_ITERATIONS) else { panic!() };
    assert_eq!(dropped.count, 2, "one sample for each VU");
}

#[tokio::test(start_paused = true)]
async fn constant_vus_start_nothing_after_the_end_and_finish_what_runs() {
    let (factory, notes) = noting(400);
    let trial = trial(&json!({ "vus": 2, "duration": "1s" }), factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    let starts: Vec<u128> = notes.take().iter().map(|seen| seen.from_start.as_millis()).collect();
    assert_eq!(starts, [0, 0, 400, 400, 800, 800]);
    assert_eq!(total(&outcome, builtin::ITERATIONS), 6.0);
    assert_eq!(log.time_of(&RunEvent::ScenarioEnded { scenario: 0 }), Some(ms(1200)));
}

#[tokio::test(start_paused = true)]
async fn iterations_beyond_the_graceful_stop_are_interrupted_and_not_recorded() {
    for (grace, ended) in [("500ms", 1500), ("0s", 1000)] {
        let options = scenario(
            &json!({ "executor": "constant-vus", "vus": 2, "duration": "1s", "gracefulStop": grace }),
        );
        let trial = trial(&options, sleepers(10_000));
        let log = trial.log.clone();
        let outcome = finish(trial).await;
        assert_eq!(log.time_of(&RunEvent::ScenarioEnded { scenario: 0 }), Some(ms(ended)), "{grace}");
        assert_eq!(outcome.end, RunEnd::Completed);
        assert_eq!(outcome.state.interrupted_iterations(), 2);
        assert_eq!(total(&outcome, builtin::ITERATIONS), 0.0);
        assert_eq!(total(&outcome, builtin::ITERATION_DURATION), 0.0);
    }
}

#[tokio::test(start_paused = true)]
async fn ramping_vus_follow_the_timeline() {
    let (factory, notes) = noting(10);
    let options = scenario(&json!({
        "executor": "ramping-vus", "startVUs": 0,
        "stages": [{ "duration": "2s", "target": 4 }, { "duration": "2s", "target": 0 }],
    }));
    let outcome = finish(trial(&options, factory)).await;
    let mut span: BTreeMap<VuId, (u128, u128)> = BTreeMap::new();
    for seen in notes.take() {
        let at = seen.from_start.as_millis();
        span.entry(seen.vu).or_insert((at, at)).1 = at;
    }
    let spans: Vec<(u128, u128)> = span.into_values().collect();
    assert_eq!(spans, [(500, 3990), (1000, 3490), (1500, 2990), (2000, 2490)]);
    assert_eq!(outcome.state.interrupted_iterations(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_released_vu_is_interrupted_after_its_grace_and_comes_back_afresh() {
    let (factory, notes) = noting(1_600);
    let options = scenario(&json!({
        "executor": "ramping-vus", "startVUs": 1, "gracefulRampDown": "500ms",
        "stages": [
            { "duration": "1s", "target": 1 }, { "duration": "0", "target": 0 },
            { "duration": "1s", "target": 0 }, { "duration": "0", "target": 1 },
            { "duration": "1s", "target": 1 },
        ],
    }));
    let outcome = finish(trial(&options, factory)).await;
    let seen = notes.take();
    let starts: Vec<u128> = seen.iter().map(|seen| seen.from_start.as_millis()).collect();
    assert_eq!(starts, [0, 2000]);
    assert_eq!(seen[1].iteration.activation, 2);
    assert_eq!(seen[1].iteration.iteration_in_vu, 1);
    assert_eq!(outcome.state.interrupted_iterations(), 1);
    assert_eq!(outcome.state.complete_iterations(), 1);
}

#[tokio::test(start_paused = true)]
async fn scenarios_share_vus_one_after_the_other() {
    let (factory, notes) = noting(400);
    let options = json!({ "scenarios": {
        "late": { "executor": "per-vu-iterations", "iterations": 2, "startTime": "1s", "exec": "f" },
        "early": { "executor": "constant-vus", "vus": 1, "duration": "1s", "gracefulStop": "0s" },
    } });
    let trial = trial(&options, factory);
    let log = trial.log.clone();
    finish(trial).await;
    let seen = notes.take();
    let story: Vec<_> = seen
        .iter()
        .map(|seen| {
            let iteration = &seen.iteration;
            let numbers =
                (iteration.iteration_in_vu, iteration.vu_iteration_in_scenario, iteration.activation);
            (&*iteration.scenario.name, &*iteration.scenario.exec, seen.vu.0, numbers)
        })
        .collect();
    assert_eq!(
        story,
        [
            ("early", "default", 1, (0, 0, 1)),
            ("early", "default", 1, (1, 1, 1)),
            ("early", "default", 1, (2, 2, 1)),
            ("late", "f", 1, (3, 0, 2)),
            ("late", "f", 1, (4, 1, 2)),
        ]
    );
    assert_eq!(log.time_of(&RunEvent::ScenarioStarted { scenario: 1 }), Some(ms(1000)));
    assert_eq!(log.time_of(&RunEvent::ScenarioEnded { scenario: 1 }), Some(ms(1800)));
}

#[tokio::test(start_paused = true)]
async fn short_iterations_are_stretched_after_they_are_measured() {
    let (factory, notes) = noting(100);
    let options = json!({ "vus": 1, "duration": "2s", "minIterationDuration": "700ms" });
    let trial = trial(&options, factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    let starts: Vec<u128> = notes.take().iter().map(|seen| seen.from_start.as_millis()).collect();
    assert_eq!(starts, [0, 700, 1400]);
    let Some(Sink::Trend(durations)) = outcome.aggregate.total(builtin::ITERATION_DURATION) else { panic!() };
    assert_eq!((durations.min(), durations.max()), (100.0, 100.0));
    assert_eq!(
        log.time_of(&RunEvent::ScenarioEnded { scenario: 0 }),
        Some(ms(2000)),
        "no pause past the end"
    );
}

#[tokio::test(start_paused = true)]
async fn an_iteration_that_throws_is_complete_and_reported() {
    let factory = Closures::new(|_, call| async move {
        if is_iteration(&call) { CallOutcome::Threw(boom()) } else { CallOutcome::Completed }
    });
    let trial = trial(&json!({ "iterations": 3 }), factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Completed);
    assert_eq!(total(&outcome, builtin::ITERATIONS), 3.0);
    let event = RunEvent::IterationThrew { scenario: 0, vu: VuId(1), error: boom() };
    assert_eq!(log.events().iter().filter(|seen| **seen == event).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn vus_are_gauged_every_second_with_the_run_tags() {
    let options = json!({ "vus": 3, "duration": "2500ms", "tags": { "team": "a" } });
    let outcome = finish(trial(&options, sleepers(100))).await;
    for metric in [builtin::VUS, builtin::VUS_MAX] {
        let series: Vec<_> = outcome.aggregate.series_of(metric).collect();
        assert_eq!(series.len(), 1);
        assert_eq!(series[0].tags.get("team"), Some("a"));
        let Sink::Gauge(gauge) = series[0].sink else { panic!() };
        assert_eq!((gauge.last, gauge.count), (3.0, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn runs_of_less_than_a_second_gauge_nothing() {
    let outcome = finish(trial(&json!({ "iterations": 1 }), sleepers(10))).await;
    assert!(outcome.aggregate.total(builtin::VUS).is_none());
}

#[tokio::test(start_paused = true)]
async fn progress_can_be_read_while_it_runs() {
    let trial = trial(&json!({ "iterations": 4, "vus": 2 }), sleepers(1_000));
    let state = trial.run.state();
    let glance = tokio::spawn(async move {
        tokio::time::sleep(ms(1_500)).await;
        let progress = &state.scenarios()[0].progress;
        (state.active_vus(), state.initialised_vus(), progress.started_iterations(), progress.fraction())
    });
    let outcome = finish(trial).await;
    assert_eq!(glance.await.expect("no panic"), (2, 2, 4, 0.5));
    assert_eq!(outcome.state.active_vus(), 0);
    assert_eq!(outcome.state.scenarios()[0].progress.fraction(), 1.0);
}
