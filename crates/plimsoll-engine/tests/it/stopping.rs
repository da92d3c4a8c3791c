//! The stop protocol, interrupted at every point, on paused time. `finish` checks each time that no call was
//! dropped.

use plimsoll_engine::{CallKind, CallOutcome, Phase, RunEnd, RunEvent, VuInitError};
use plimsoll_metrics::builtin;
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Closures, Notes, finish, is_iteration, ms, sleep, sleepers, stop_after, total, trial};

/// VUs that note which calls they get, and whose calls of one kind take long and take a moment to give way.
fn slow_at(slow: &'static str) -> (Closures, Notes<&'static str>) {
    let notes = Notes::default();
    let own = notes.clone();
    let factory = Closures::new(move |_, call| {
        let own = own.clone();
        async move {
            let name = name(&call.kind);
            own.push(name);
            if name != slow {
                return CallOutcome::Completed;
            }
            let end = sleep(ms(60_000), &call.interrupt).await;
            // A stack that unwinds needs a moment.
            tokio::time::sleep(ms(20)).await;
            end
        }
    });
    (factory, notes)
}

fn name(kind: &CallKind) -> &'static str {
    match kind {
        CallKind::Setup => "setup",
        CallKind::Iteration(_) => "iteration",
        CallKind::Teardown => "teardown",
        CallKind::HandleSummary { .. } => "handleSummary",
    }
}

#[tokio::test(start_paused = true)]
async fn during_vu_init_nothing_else_begins() {
    let (factory, notes) = slow_at("none");
    let factory = factory.with_init(|_, interrupt| async move {
        match sleep(ms(1_000), &interrupt).await {
            CallOutcome::Interrupted => Err(VuInitError::Interrupted),
            _ => Ok(()),
        }
    });
    let trial = trial(&json!({ "vus": 5, "duration": "10s" }), factory);
    let (control, log) = (trial.run.control(), trial.log.clone());
    stop_after(control, 1_500);
    let begun = Instant::now();
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(begun.elapsed().as_millis(), 1_500, "the VU that was being made is interrupted");
    assert_eq!(log.phases(), [Phase::Init, Phase::Ended]);
    assert_eq!(notes.take(), [] as [&str; 0]);
    assert_eq!(outcome.state.initialised_vus(), 1);
}

#[tokio::test(start_paused = true)]
async fn before_the_run_began() {
    let (factory, notes) = slow_at("none");
    let factory = factory.with_init(|_, interrupt| async move {
        match sleep(ms(1_000), &interrupt).await {
            CallOutcome::Interrupted => Err(VuInitError::Interrupted),
            _ => Ok(()),
        }
    });
    let trial = trial(&json!({ "vus": 5, "duration": "10s" }), factory);
    trial.run.control().stop(RunEnd::Signal);
    let begun = Instant::now();
    assert_eq!(finish(trial).await.end, RunEnd::Signal);
    assert_eq!(begun.elapsed(), ms(0));
    assert_eq!(notes.take(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn during_setup_nothing_is_torn_down() {
    let (factory, notes) = slow_at("setup");
    let trial = trial(&json!({ "vus": 1, "duration": "10s", "setupTimeout": "100s" }), factory);
    let (control, log) = (trial.run.control(), trial.log.clone());
    stop_after(control, 500);
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(log.phases(), [Phase::Init, Phase::Setup, Phase::Ended]);
    assert_eq!(notes.take(), ["setup"]);
    assert_eq!(outcome.test_duration, ms(520));
}

#[tokio::test(start_paused = true)]
async fn during_iterations_all_are_interrupted_and_the_run_is_torn_down() {
    let (factory, notes) = slow_at("iteration");
    let trial = trial(&json!({ "vus": 3, "duration": "10s" }), factory);
    let (control, log) = (trial.run.control(), trial.log.clone());
    stop_after(control, 500);
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(outcome.test_duration, ms(520));
    assert_eq!(outcome.state.interrupted_iterations(), 3);
    assert_eq!(total(&outcome, builtin::ITERATIONS), 0.0);
    assert_eq!(notes.take(), ["setup", "iteration", "iteration", "iteration", "teardown"]);
    assert_eq!(log.phases(), [Phase::Init, Phase::Setup, Phase::Scenarios, Phase::Teardown, Phase::Ended]);
    assert_eq!(log.time_of(&RunEvent::Stopping(RunEnd::Signal)), Some(ms(500)));
}

#[tokio::test(start_paused = true)]
async fn during_the_drain_the_grace_is_over() {
    let (factory, notes) = slow_at("iteration");
    let trial = trial(&json!({ "vus": 1, "duration": "1s" }), factory);
    stop_after(trial.run.control(), 2_000);
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(outcome.test_duration, ms(2_020), "and not the 31 s of the graceful stop");
    assert_eq!(outcome.state.interrupted_iterations(), 1);
    assert_eq!(notes.take(), ["setup", "iteration", "teardown"]);
}

#[tokio::test(start_paused = true)]
async fn during_teardown_it_is_allowed_to_finish() {
    let (factory, notes) = slow_at("teardown");
    let trial = trial(&json!({ "iterations": 1, "teardownTimeout": "100s" }), factory);
    let log = trial.log.clone();
    stop_after(trial.run.control(), 2_000);
    let outcome = finish(trial).await;
    assert_eq!(log.time_of(&RunEvent::Stopping(RunEnd::Signal)), Some(ms(2_000)), "said at once");
    assert_eq!(outcome.end, RunEnd::Signal);
    assert_eq!(outcome.test_duration, ms(60_020));
    assert_eq!(notes.take(), ["setup", "iteration", "teardown"]);
}

#[tokio::test(start_paused = true)]
async fn while_scenarios_wait_for_their_start() {
    let (factory, notes) = slow_at("none");
    let waiting = json!({ "executor": "constant-vus", "vus": 2, "duration": "1s", "startTime": "1h" });
    let trial = trial(&json!({ "scenarios": { "s": waiting } }), factory);
    stop_after(trial.run.control(), 500);
    let outcome = finish(trial).await;
    assert_eq!(outcome.test_duration, ms(500));
    assert_eq!(notes.take(), ["setup", "teardown"]);
}

#[tokio::test(start_paused = true)]
async fn times_beyond_the_reach_of_timers_are_only_long() {
    let far = json!({ "executor": "constant-vus", "duration": "1s", "startTime": "90000d" });
    let long = json!({ "executor": "constant-vus", "duration": "90000d", "gracefulStop": "90000d" });
    let trial = trial(&json!({ "scenarios": { "far": far, "long": long } }), sleepers(1_000));
    stop_after(trial.run.control(), 3_600_500);
    let outcome = finish(trial).await;
    assert_eq!(outcome.test_duration, ms(3_600_500));
    assert_eq!(outcome.state.complete_iterations(), 3_600);
}

#[tokio::test(start_paused = true)]
async fn while_vus_pause_between_iterations() {
    let options = json!({ "vus": 2, "duration": "1h", "minIterationDuration": "30m" });
    let trial = trial(&options, sleepers(100));
    stop_after(trial.run.control(), 500);
    let outcome = finish(trial).await;
    assert_eq!(outcome.test_duration, ms(500));
    assert_eq!((outcome.state.complete_iterations(), outcome.state.interrupted_iterations()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn iterations_that_a_stop_prevented_are_not_dropped_ones() {
    for executor in ["shared-iterations", "per-vu-iterations"] {
        let scenario = json!({ "executor": executor, "vus": 2, "iterations": 100 });
        let trial = trial(&json!({ "scenarios": { "s": scenario } }), sleepers(1_000));
        stop_after(trial.run.control(), 2_500);
        let outcome = finish(trial).await;
        assert_eq!(total(&outcome, builtin::ITERATIONS), 4.0);
        assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0, "{executor}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_reason_is_the_one_that_counts() {
    let (factory, _) = slow_at("iteration");
    let trial = trial(&json!({ "vus": 1, "duration": "10s" }), factory);
    let control = trial.run.control();
    stop_after(control.clone(), 500);
    tokio::spawn(async move {
        tokio::time::sleep(ms(510)).await;
        assert!(!control.stop(RunEnd::ControlApi));
    });
    assert_eq!(finish(trial).await.end, RunEnd::Signal);
}

#[tokio::test(start_paused = true)]
async fn a_script_can_abort_from_an_iteration() {
    let factory = Closures::new(|vu, call| async move {
        match is_iteration(&call) {
            true if vu.0 == 2 => {
                sleep(ms(700), &call.interrupt).await;
                CallOutcome::Aborted { reason: "enough".to_owned() }
            }
            true => sleep(ms(60_000), &call.interrupt).await,
            false => CallOutcome::Completed,
        }
    });
    let trial = trial(&json!({ "vus": 3, "duration": "1m" }), factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::ScriptAborted { reason: "enough".to_owned() });
    assert_eq!(outcome.test_duration, ms(700));
    assert_eq!(outcome.state.interrupted_iterations(), 3);
    assert!(log.phases().contains(&Phase::Teardown));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_sleepers_stop_at_once() {
    let trial = trial(&json!({ "vus": 10_000, "duration": "1h" }), sleepers(600_000));
    stop_after(trial.run.control(), 5_000);
    let outcome = finish(trial).await;
    assert_eq!(outcome.test_duration, ms(5_000));
    assert_eq!(outcome.state.interrupted_iterations(), 10_000);
}
