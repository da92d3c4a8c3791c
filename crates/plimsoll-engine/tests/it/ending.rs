//! Why runs end: `setup`, `teardown`, init, thresholds, and what they leave behind. On paused time.

use std::sync::Arc;

use plimsoll_engine::{
    AsideError, CallKind, CallOutcome, Phase, RunEnd, RunEvent, RunState, VuInitError, call_handle_summary,
};
use plimsoll_metrics::{NoDataPolicy, builtin};
use serde_json::json;

use crate::support::{Closures, Notes, boom, finish, ms, plan, sleep, sleepers, stop_after, total, trial};

/// VUs whose call of one kind ends in a certain way; they note the other calls.
fn ending(kind: fn(&CallKind) -> bool, outcome: CallOutcome) -> (Closures, Notes<Option<String>>) {
    let notes = Notes::default();
    let own = notes.clone();
    let factory = Closures::new(move |_, call| {
        let (own, outcome) = (own.clone(), outcome.clone());
        async move {
            if kind(&call.kind) {
                return outcome;
            }
            own.push(call.setup_data.map(|data| data.to_string()));
            CallOutcome::Completed
        }
    });
    (factory, notes)
}

fn is_setup(kind: &CallKind) -> bool {
    matches!(kind, CallKind::Setup)
}

fn is_teardown(kind: &CallKind) -> bool {
    matches!(kind, CallKind::Teardown)
}

#[tokio::test(start_paused = true)]
async fn setup_data_reach_iterations_and_teardown() {
    let (factory, notes) = ending(is_setup, CallOutcome::Completed);
    let outcome = finish(trial(&json!({ "iterations": 1 }), Closures::returning("{\"a\":1}", factory))).await;
    assert_eq!(notes.take(), [Some("{\"a\":1}".to_owned()), Some("{\"a\":1}".to_owned())]);
    assert_eq!(outcome.setup_data.as_deref(), Some("{\"a\":1}"));
}

#[tokio::test(start_paused = true)]
async fn setup_that_fails_ends_the_run_without_teardown() {
    let cases = [
        (CallOutcome::Threw(boom()), RunEnd::SetupFailed(boom())),
        (CallOutcome::Aborted { reason: "no".to_owned() }, RunEnd::ScriptAborted { reason: "no".to_owned() }),
    ];
    for (outcome, end) in cases {
        let (factory, notes) = ending(is_setup, outcome);
        let trial = trial(&json!({ "iterations": 1 }), factory);
        let log = trial.log.clone();
        let ended = finish(trial).await;
        assert_eq!(ended.end, end);
        assert_eq!(log.events().iter().filter(|event| **event == RunEvent::Stopping(end.clone())).count(), 1);
        assert_eq!(notes.take(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn setup_and_teardown_have_their_time() {
    let slow = |kind: fn(&CallKind) -> bool| {
        Closures::new(move |_, call| async move {
            match kind(&call.kind) {
                true => sleep(ms(600_000), &call.interrupt).await,
                false => CallOutcome::Completed,
            }
        })
    };
    let outcome = finish(trial(&json!({ "setupTimeout": "3s" }), slow(is_setup))).await;
    assert_eq!(outcome.end, RunEnd::SetupTimedOut { timeout: ms(3_000) });
    assert_eq!(outcome.test_duration, ms(3_000));
    let outcome = finish(trial(&json!({ "teardownTimeout": "3s" }), slow(is_teardown))).await;
    assert_eq!(outcome.end, RunEnd::TeardownTimedOut { timeout: ms(3_000) });
    assert_eq!(total(&outcome, builtin::ITERATIONS), 1.0);
}

#[tokio::test(start_paused = true)]
async fn teardown_that_fails_decides_the_end_unless_something_did_before() {
    let (factory, _) = ending(is_teardown, CallOutcome::Threw(boom()));
    let outcome = finish(trial(&json!({ "iterations": 1 }), factory)).await;
    assert_eq!(outcome.end, RunEnd::TeardownFailed(boom()));

    let factory = Closures::new(|_, call| async move {
        match call.kind {
            CallKind::Teardown => CallOutcome::Threw(boom()),
            _ => sleep(ms(1_000), &call.interrupt).await,
        }
    });
    let trial = trial(&json!({ "iterations": 1 }), factory);
    let log = trial.log.clone();
    stop_after(trial.run.control(), 1_500);
    assert_eq!(finish(trial).await.end, RunEnd::Signal);
    assert!(log.events().contains(&RunEvent::AlsoFailed(RunEnd::TeardownFailed(boom()))));
}

#[tokio::test(start_paused = true)]
async fn phases_can_be_switched_off() {
    let trial = trial(&json!({ "iterations": 1, "noSetup": true, "noTeardown": true }), sleepers(1));
    let log = trial.log.clone();
    finish(trial).await;
    assert_eq!(log.phases(), [Phase::Init, Phase::Scenarios, Phase::Ended]);
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_cannot_be_made_ends_the_run() {
    let error = VuInitError::Script(boom());
    let factory = sleepers(1).with_init(|vu, _| async move {
        tokio::time::sleep(ms(10)).await;
        if vu.0 == 3 { Err(VuInitError::Script(boom())) } else { Ok(()) }
    });
    let trial = trial(&json!({ "vus": 5, "duration": "1s" }), factory);
    let log = trial.log.clone();
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::InitFailed(error.clone()));
    assert!(log.events().contains(&RunEvent::Stopping(RunEnd::InitFailed(error))));
    assert_eq!(log.phases(), [Phase::Init, Phase::Ended]);
    assert!(log.events().contains(&RunEvent::VusInitialised { done: 2, planned: 5 }));
}

#[tokio::test(start_paused = true)]
async fn the_init_of_setup_s_own_vu_counts_too() {
    let factory = sleepers(1).with_init(|vu, _| async move {
        if vu.0 == 0 { Err(VuInitError::Aborted { reason: "no".to_owned() }) } else { Ok(()) }
    });
    let outcome = finish(trial(&json!({ "iterations": 1 }), factory)).await;
    assert_eq!(outcome.end, RunEnd::ScriptAborted { reason: "no".to_owned() });
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_judged_at_the_end() {
    let thresholds = json!({ "iterations": ["count>=5", "count>5"], "checks": ["rate>0.5"] });
    let options = json!({ "iterations": 5, "thresholds": thresholds });
    let trial = trial(&options, sleepers(10));
    let outcome = finish(trial).await;
    assert_eq!(outcome.end, RunEnd::Completed, "crossed thresholds without abortOnFail end nothing");
    let report = outcome.thresholds.expect("there are thresholds");
    assert_eq!(report.failing(NoDataPolicy::Fail), ["checks", "iterations"]);
    assert_eq!(report.failing(NoDataPolicy::LikeK6), ["iterations"]);
}

#[tokio::test(start_paused = true)]
async fn a_crossed_threshold_aborts_at_the_next_look() {
    let cases = [("0s", 2_000), ("2s", 4_000), ("5s", 6_000)];
    for (delay, ended) in cases {
        let threshold = json!({ "threshold": "count<3", "abortOnFail": true, "delayAbortEval": delay });
        let options = json!({ "vus": 1, "duration": "1m", "thresholds": { "iterations": [threshold] } });
        let trial = trial(&options, sleepers(300));
        let log = trial.log.clone();
        let outcome = finish(trial).await;
        assert_eq!(outcome.end, RunEnd::ThresholdsAborted);
        assert_eq!(outcome.test_duration, ms(ended), "delayAbortEval {delay}");
        let crossed = RunEvent::ThresholdsCrossed { names: vec!["iterations".to_owned()] };
        assert_eq!(log.time_of(&crossed), Some(ms(2_000)));
        assert_eq!(log.events().iter().filter(|event| **event == crossed).count(), 1, "said once");
        assert!(log.phases().contains(&Phase::Teardown));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_test_runs_on() {
    let trial = trial(&json!({ "iterations": 2 }), sleepers(10));
    let state = trial.run.state();
    state.fail_test("first");
    state.fail_test("second");
    let outcome = finish(trial).await;
    assert_eq!((outcome.end, outcome.failed.as_deref()), (RunEnd::Completed, Some("first")));
}

#[tokio::test]
async fn handle_summary_is_called_after_the_run() {
    let state = Arc::new(RunState::new(&plan(&json!({}))));
    let factory = Closures::new(|vu, call| async move {
        let CallKind::HandleSummary { data } = call.kind else { panic!("another call") };
        assert_eq!((vu.0, &*data), (0, "{}"));
        CallOutcome::Completed
    });
    let factory = Closures::returning("{\"stdout\":\"x\"}", factory);
    let returned = call_handle_summary(factory, Arc::clone(&state), "{}".into(), ms(5_000)).await;
    assert_eq!(returned, Ok(Some("{\"stdout\":\"x\"}".to_owned())));

    let slow = Closures::new(|_, call| async move { sleep(ms(60_000), &call.interrupt).await });
    let returned = call_handle_summary(slow, state, "{}".into(), ms(50)).await;
    assert_eq!(returned, Err(AsideError::TimedOut { function: "handleSummary", timeout: ms(50) }));
}
