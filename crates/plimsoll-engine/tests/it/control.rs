//! Runs that wait to be resumed, and scenarios that are controlled from outside, on paused time.

use std::time::Duration;

use plimsoll_engine::{
    CallKind, CallOutcome, ControlError, Phase, Run, RunControl, RunEnd, RunEvent, RunOutcome,
};
use plimsoll_metrics::builtin;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::support::{
    Closures, Notes, finish, finish_on_threads, is_iteration, ms, sleep, sleepers, stop_after, total, trial,
};

/// Does something to a run at times from its beginning.
fn at(times: &[u64], control: &RunControl, mut act: impl FnMut(usize, &RunControl) + Send + 'static) {
    let (times, control, begun) = (times.to_vec(), control.clone(), Instant::now());
    tokio::spawn(async move {
        for (index, millis) in times.into_iter().enumerate() {
            sleep_until(begun + ms(millis)).await;
            act(index, &control);
        }
    });
}

fn external(vus: u32, max_vus: u32, duration: &str) -> Value {
    json!({ "scenarios": { "x": {
        "executor": "externally-controlled", "vus": vus, "maxVUs": max_vus, "duration": duration,
    } } })
}

/// How many VUs are active at these times.
fn curve(run: &Run<Closures>, times: &[u64]) -> Notes<u32> {
    let (notes, state) = (Notes::default(), run.state());
    let own = notes.clone();
    at(times, &run.control(), move |_, _| own.push(state.active_vus()));
    notes
}

fn counts(outcome: &RunOutcome) -> (u64, u64) {
    (outcome.state.complete_iterations(), outcome.state.interrupted_iterations())
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_waits_with_its_vus_made() {
    let trial = trial(&json!({ "paused": true, "vus": 3, "duration": "2s" }), sleepers(100));
    let (control, log, state) = (trial.run.control(), trial.log.clone(), trial.run.state());
    let seen = Notes::default();
    let own = seen.clone();
    at(&[59_500, 60_000], &control, move |step, control| match step {
        0 => own.push((state.phase(), state.initialised_vus(), state.active_vus(), state.test_elapsed())),
        _ => control.resume(),
    });
    let begun = Instant::now();
    let outcome = finish(trial).await;
    assert_eq!(seen.take(), [(Phase::Paused, 3, 0, Duration::ZERO)]);
    assert_eq!(begun.elapsed(), ms(62_000));
    assert_eq!((outcome.end.clone(), outcome.test_duration), (RunEnd::Completed, ms(2_000)));
    assert_eq!(log.phases(), Phase::ALL);
    assert_eq!(log.time_of(&RunEvent::PhaseBegan(Phase::Setup)), Some(ms(60_000)));
    assert_eq!(counts(&outcome), (60, 0));
    assert!(total(&outcome, builtin::VUS) <= 3.0, "the wait is no part of what is measured");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_and_nothing_is_torn_down() {
    let trial = trial(&json!({ "paused": true, "vus": 3, "duration": "2s" }), sleepers(100));
    let log = trial.log.clone();
    stop_after(trial.run.control(), 5_000);
    let outcome = finish(trial).await;
    assert_eq!((outcome.end.clone(), outcome.test_duration), (RunEnd::Signal, Duration::ZERO));
    assert_eq!(log.phases(), [Phase::Init, Phase::Paused, Phase::Ended]);
    assert!(log.events().contains(&RunEvent::Stopping(RunEnd::Signal)));
    assert_eq!(counts(&outcome), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_resumed_while_its_vus_are_made_does_not_wait() {
    let factory = sleepers(100).with_init(|_, _| async {
        tokio::time::sleep(ms(1_000)).await;
        Ok(())
    });
    let trial = trial(&json!({ "paused": true, "vus": 3, "duration": "2s" }), factory);
    let log = trial.log.clone();
    at(&[1_500], &trial.run.control(), |_, control| control.resume());
    assert_eq!(finish(trial).await.end, RunEnd::Completed);
    assert!(!log.phases().contains(&Phase::Paused));
}

#[tokio::test(start_paused = true)]
async fn setup_data_given_while_waiting_replace_a_setup_that_is_skipped() {
    let notes = Notes::default();
    let own = notes.clone();
    let factory = Closures::new(move |_, call| {
        own.push((matches!(call.kind, CallKind::Teardown), call.setup_data.as_deref().map(str::to_owned)));
        async { CallOutcome::Completed }
    });
    let trial = trial(&json!({ "paused": true, "noSetup": true, "iterations": 1 }), factory);
    at(&[1_000, 1_001], &trial.run.control(), |step, control| match step {
        0 => assert_eq!(control.give_setup_data(Some("[7]".into())), Ok(())),
        _ => {
            control.resume();
        }
    });
    let control = trial.run.control();
    let outcome = finish(trial).await;
    assert_eq!(outcome.setup_data.as_deref(), Some("[7]"));
    assert_eq!(notes.take(), [(false, Some("[7]".to_owned())), (true, Some("[7]".to_owned()))]);
    assert_eq!(control.give_setup_data(None), Err(ControlError::HasBegun));
}

#[tokio::test(start_paused = true)]
async fn vus_follow_what_is_wanted() {
    let trial = trial(&external(2, 4, "10s"), sleepers(100));
    at(&[2_000, 4_950], &trial.run.control(), |step, control| {
        assert_eq!(control.scale(Some([4, 1][step]), None), Ok(()));
    });
    let curve = curve(&trial.run, &[1_950, 2_050, 4_940, 4_990, 5_050, 9_950]);
    let outcome = finish(trial).await;
    // Whoever is not wanted any more ends its iteration.
    assert_eq!(curve.take(), [2, 4, 4, 4, 1, 1]);
    assert_eq!(counts(&outcome), (2 * 20 + 4 * 30 + 50, 0));
    assert_eq!((outcome.test_duration, outcome.state.initialised_vus()), (ms(10_000), 4));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_cut_short_by_scaling_down_or_pausing() {
    let trial = trial(&external(2, 2, "10s"), sleepers(1_000));
    at(&[2_500, 3_200, 4_500, 6_300], &trial.run.control(), |step, control| match step {
        0 => assert_eq!(control.scale(Some(1), None), Ok(())),
        // The second VU has been idle since its iteration ended at 3 s.
        1 => assert_eq!(control.scale(Some(2), None), Ok(())),
        2 => assert_eq!(control.pause(), Ok(())),
        _ => control.resume(),
    });
    let curve = curve(&trial.run, &[2_600, 3_100, 3_300, 4_900, 5_100, 5_300, 6_200, 6_400]);
    let outcome = finish(trial).await;
    assert_eq!(curve.take(), [2, 1, 2, 2, 1, 0, 0, 2]);
    // Before the pause 5, and 3 and 2; 4 after it, the last of which ends in its grace.
    assert_eq!(counts(&outcome), (5 + 4 + 3 + 2 + 4, 0));
    assert_eq!(outcome.test_duration, ms(10_300));
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_is_wanted_again_in_time_goes_on_with_its_turn() {
    let activations = Notes::default();
    let own = activations.clone();
    let factory = Closures::new(move |_, call| {
        let own = own.clone();
        async move {
            if let CallKind::Iteration(iteration) = &call.kind {
                own.push(iteration.activation);
                return sleep(ms(1_000), &call.interrupt).await;
            }
            CallOutcome::Completed
        }
    });
    let trial = trial(&external(1, 1, "4s"), factory);
    at(&[1_200, 1_400, 2_500, 3_500], &trial.run.control(), |step, control| {
        assert_eq!(control.scale(Some([0, 1, 0, 1][step]), None), Ok(()));
    });
    finish(trial).await;
    assert_eq!(activations.take(), [1, 1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn more_vus_than_planned_are_made_while_the_test_runs() {
    let made = Notes::default();
    let own = made.clone();
    let factory = sleepers(100).with_init(move |id, _| {
        own.push(id.0);
        async { Ok(()) }
    });
    let mut options = external(1, 2, "4s");
    options["scenarios"]["other"] = json!({ "executor": "constant-vus", "vus": 1, "duration": "4s" });
    let trial = trial(&options, factory);
    at(&[1_000, 2_000, 2_950], &trial.run.control(), |step, control| {
        let wishes = [(None, Some(4)), (Some(4), None), (Some(0), Some(1))];
        assert_eq!(control.scale(wishes[step].0, wishes[step].1), Ok(()));
    });
    let control = trial.run.control();
    let curve = curve(&trial.run, &[950, 1_950, 2_050, 3_950]);
    let outcome = finish(trial).await;
    made.take().iter().zip([1, 2, 3]).for_each(|(made, planned)| assert_eq!(*made, planned));
    // VU 0 runs setup and teardown.
    let later: Vec<u32> = made.take().into_iter().filter(|id| *id > 3).collect();
    assert_eq!((later, curve.take()), (vec![4, 5], vec![2, 2, 5, 1]));
    assert_eq!((outcome.state.initialised_vus(), control.surplus_vus()), (5, 3));
    assert_eq!(counts(&outcome), (40 + 20 + 40, 0));
}

#[tokio::test(start_paused = true)]
async fn vus_that_come_too_late_are_not_made() {
    let factory = sleepers(100).with_init(|id, _| async move {
        tokio::time::sleep(ms(if id.0 > 1 { 1_000 } else { 0 })).await;
        Ok(())
    });
    let trial = trial(&external(1, 1, "2s"), factory);
    at(&[1_500], &trial.run.control(), |_, control| assert_eq!(control.scale(None, Some(50)), Ok(())));
    let outcome = finish(trial).await;
    assert_eq!(outcome.test_duration, ms(2_500), "the one in the making is awaited");
    assert_eq!((counts(&outcome), outcome.state.initialised_vus()), ((20, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn without_an_end_it_goes_on_until_stopped() {
    let trial = trial(&external(1, 1, "0"), sleepers(1_000));
    stop_after(trial.run.control(), 3_600_500);
    let outcome = finish(trial).await;
    assert_eq!((outcome.end.clone(), outcome.test_duration), (RunEnd::Signal, ms(3_600_500)));
    assert_eq!(counts(&outcome), (3_600, 1));
}

#[tokio::test(start_paused = true)]
async fn a_vu_that_cannot_be_made_ends_the_run() {
    let factory = sleepers(100).with_init(|id, _| async move {
        match id.0 {
            ..=1 => Ok(()),
            _ => Err(plimsoll_engine::VuInitError::Other("no memory".to_owned())),
        }
    });
    let trial = trial(&external(1, 1, "0"), factory);
    at(&[1_000], &trial.run.control(), |_, control| assert_eq!(control.scale(None, Some(9)), Ok(())));
    assert!(matches!(finish(trial).await.end, RunEnd::InitFailed(_)));
}

#[tokio::test]
async fn workers_that_had_no_vus_get_some() {
    let workers = Notes::default();
    let own = workers.clone();
    let factory = Closures::new(move |vu, call| {
        let own = own.clone();
        async move {
            if is_iteration(&call) {
                own.push(vu.0);
                return sleep(ms(10), &call.interrupt).await;
            }
            CallOutcome::Completed
        }
    });
    let trial = trial(&external(1, 1, "0"), factory);
    let control = trial.run.control();
    assert_eq!(control.scale(Some(6), Some(6)), Ok(()));
    let watched = workers.clone();
    tokio::spawn(async move {
        while (1..=6).any(|vu| !watched.take().contains(&vu)) {
            tokio::time::sleep(ms(5)).await;
        }
        control.stop(RunEnd::ControlApi);
    });
    let outcome = finish_on_threads(trial).await;
    assert_eq!((outcome.end.clone(), outcome.state.initialised_vus()), (RunEnd::ControlApi, 6));
}
