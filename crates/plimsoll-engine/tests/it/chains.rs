//! Scenarios that start when another one has ended, on paused time and last on real threads.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use plimsoll_engine::{CallKind, CallOutcome, RunConfig, RunEvent};
use plimsoll_metrics::builtin;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    Closures, Notes, finish, finish_on_threads, ms, sleep, sleepers, stop_after, total, trial, trial_with,
};

/// One iteration: scenario, VU, and its times.
#[derive(Clone, Debug)]
struct Seen {
    scenario: String,
    vu: u32,
    began: Instant,
    ended: Instant,
}

/// VUs that note their iterations, each as long as its scenario's variable `MS` says.
fn noting() -> (Closures, Notes<Seen>) {
    let notes = Notes::default();
    let own = notes.clone();
    let factory = Closures::new(move |vu, call| {
        let own = own.clone();
        async move {
            let CallKind::Iteration(iteration) = call.kind else { return CallOutcome::Completed };
            let began = Instant::now();
            let millis = iteration.scenario.env["MS"].parse().expect("a number");
            let outcome = sleep(ms(millis), &call.interrupt).await;
            let scenario = iteration.scenario.name.to_string();
            own.push(Seen { scenario, vu: vu.0, began, ended: Instant::now() });
            outcome
        }
    });
    (factory, notes)
}

/// A scenario in which `vus` VUs run one iteration each.
fn once(vus: u32, millis: u64, more: &Value) -> Value {
    let mut scenario = json!({
        "executor": "per-vu-iterations", "vus": vus, "maxDuration": "1m", "env": { "MS": millis.to_string() },
    });
    scenario.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    scenario
}

/// When each scenario's first iteration began and its last one ended, in milliseconds from the first of all.
fn spans(seen: &[Seen]) -> BTreeMap<String, (u128, u128)> {
    let first = seen.iter().map(|seen| seen.began).min().expect("something ran");
    let mut spans = BTreeMap::new();
    for seen in seen {
        let (began, ended) = ((seen.began - first).as_millis(), (seen.ended - first).as_millis());
        let span = spans.entry(seen.scenario.clone()).or_insert((began, ended));
        *span = (span.0.min(began), span.1.max(ended));
    }
    spans
}

#[tokio::test(start_paused = true)]
async fn a_chain_runs_one_after_the_other_on_the_same_vus() {
    let (factory, notes) = noting();
    let options = json!({ "scenarios": {
        "c": once(2, 300, &json!({ "startAfter": "b" })),
        "b": once(3, 200, &json!({ "startAfter": "a", "startTime": "1s" })),
        "a": once(2, 100, &json!({})),
    } });
    let trial = trial(&options, factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    let seen = notes.take();
    let expected = [("a", (0, 100)), ("b", (1_100, 1_300)), ("c", (1_300, 1_600))];
    assert_eq!(spans(&seen), expected.map(|(name, span)| (name.to_owned(), span)).into());
    assert_eq!(outcome.state.initialised_vus(), 3);
    assert!(seen.iter().all(|seen| seen.vu <= 3));
    assert_eq!(outcome.test_duration, ms(1_600));
    for (scenario, start, end) in [(0, 0, 100), (1, 1_100, 1_300), (2, 1_300, 1_600)] {
        let name = &outcome.state.scenarios()[scenario].name;
        assert_eq!(log.time_of(&RunEvent::ScenarioStarted { scenario }), Some(ms(start)), "{name}");
        assert_eq!(log.time_of(&RunEvent::ScenarioEnded { scenario }), Some(ms(end)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn grace_is_waited_for_and_arrivals_wait_too() {
    let (factory, notes) = noting();
    let options = json!({ "scenarios": {
        "load": { "executor": "constant-vus", "vus": 2, "duration": "1s", "env": { "MS": "700" } },
        "after": {
            "executor": "constant-arrival-rate", "rate": 2, "duration": "1s", "preAllocatedVUs": 1,
            "env": { "MS": "100" }, "startAfter": "load",
        },
    } });
    let outcome = finish(trial(&options, factory)).await;
    let expected = [("load", (0, 1_400)), ("after", (1_400, 2_000))];
    assert_eq!(spans(&notes.take()), expected.map(|(name, span)| (name.to_owned(), span)).into());
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
    assert_eq!(outcome.state.initialised_vus(), 2, "the arrivals have a VU of the load");
}

#[tokio::test(start_paused = true)]
async fn two_may_wait_for_the_same_one() {
    let (factory, notes) = noting();
    let options = json!({ "scenarios": {
        "a": once(2, 100, &json!({})),
        "b": once(2, 500, &json!({ "startAfter": "a" })),
        "c": once(1, 100, &json!({ "startAfter": "a" })),
        "d": once(1, 100, &json!({ "startAfter": "c" })),
        "apart": once(1, 1_000, &json!({})),
    } });
    let outcome = finish(trial(&options, factory)).await;
    let seen = notes.take();
    let spans = spans(&seen);
    assert_eq!([spans["b"], spans["c"], spans["d"]], [(100, 600), (100, 200), (200, 300)]);
    assert_eq!(outcome.test_duration, ms(1_000));
    for one in &seen {
        let meets = |other: &&Seen| other.vu == one.vu && other.began < one.ended && one.began < other.ended;
        assert_eq!(seen.iter().filter(meets).count(), 1, "a VU does one thing at a time: {one:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_nothing_that_waits_starts() {
    let (factory, notes) = noting();
    let options = json!({ "scenarios": {
        "a": once(1, 10_000, &json!({})), "b": once(1, 100, &json!({ "startAfter": "a" })),
    } });
    let trial = trial(&options, factory);
    stop_after(trial.run.control(), 500);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    assert_eq!(outcome.test_duration, ms(500));
    assert!(notes.take().iter().all(|seen| seen.scenario == "a"));
    assert_eq!(log.time_of(&RunEvent::ScenarioEnded { scenario: 1 }), None);
    assert_eq!(outcome.state.scenarios()[1].progress.started_at(), None);
}

#[tokio::test]
async fn all_workers_have_ended_before_the_next_one_starts() {
    let (factory, notes) = noting();
    let mut scenarios = json!({ "s0": once(5, 10, &json!({})) });
    for number in 1..5 {
        let after = json!({ "startAfter": format!("s{}", number - 1) });
        scenarios[format!("s{number}")] = once(5, 10, &after);
    }
    let workers = NonZeroUsize::new(3).expect("not zero");
    let config = RunConfig { workers, ..RunConfig::default() };
    let trial = trial_with(&json!({ "scenarios": scenarios }), factory, config);
    let outcome = finish_on_threads(trial).await;
    assert_eq!(total(&outcome, builtin::ITERATIONS), 25.0);
    assert_eq!(outcome.state.initialised_vus(), 5);
    let seen = notes.take();
    for number in 1..5 {
        let of = |number: i32| seen.iter().filter(move |seen| seen.scenario == format!("s{number}"));
        let before = of(number - 1).map(|seen| seen.ended).max();
        assert!(before <= of(number).map(|seen| seen.began).min());
    }
}

#[tokio::test]
async fn a_worker_that_is_lost_ends_a_chain() {
    let factory = Closures::new(|vu, call| async move {
        assert!(!crate::support::is_iteration(&call) || vu.0 != 2, "this VU is broken");
        CallOutcome::Completed
    });
    let options = json!({ "scenarios": {
        "a": once(2, 0, &json!({})), "b": once(1, 0, &json!({ "startAfter": "a" })),
    } });
    let trial = trial(&options, factory);
    let outcome = tokio::time::timeout(Duration::from_secs(20), trial.run.execute()).await.expect("in time");
    assert_eq!(outcome.end, plimsoll_engine::RunEnd::WorkerLost);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_starts_nothing_does_not_hold_up_a_chain() {
    let options = json!({ "scenarios": {
        "a": { "executor": "ramping-vus", "startVUs": 0, "stages": [
            { "duration": "1s", "target": 0 }, { "duration": "0s", "target": 1 },
        ] },
        "b": { "executor": "per-vu-iterations", "startAfter": "a" },
    } });
    let outcome = finish(trial(&options, sleepers(100))).await;
    assert_eq!(total(&outcome, builtin::ITERATIONS), 1.0);
}
