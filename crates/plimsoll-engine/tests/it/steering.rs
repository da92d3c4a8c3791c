//! Scenarios whose rate, or number of VUs, somebody steers while they run: on paused time.

use plimsoll_engine::{ControlError, RunControl, RunEnd};
use plimsoll_metrics::builtin;
use plimsoll_plan::{
    Drive,
    scenario::{ArrivalVus, Course},
};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{finish, ms, plan, sleepers, total, trial, trial_of};

fn vus(pre_allocated: u32, max: u32) -> Drive {
    Drive::Rate(ArrivalVus { pre_allocated, max })
}

fn steered(drive: Drive) -> plimsoll_plan::Plan {
    let mut plan = plan(&json!({ "vus": 1, "duration": "1s" }));
    plan.steer(None, drive).expect("there is a scenario");
    plan
}

fn at(control: &RunControl, rate: f64) {
    control.steer(Course { rate, seed: None }).expect("the scenario is steered");
}

#[tokio::test(start_paused = true)]
async fn the_rate_is_what_it_is_told_to_be_from_then_on() {
    let trial = trial_of(steered(vus(50, 50)), sleepers(10));
    let (control, state) = (trial.run.control(), trial.run.state());
    let steering = async {
        let mut started = Vec::new();
        tokio::time::sleep(ms(1_000)).await;
        started.push(state.scenarios()[0].progress.started_iterations());
        for rate in [20.0, 0.0, 100.0, 2.5] {
            at(&control, rate);
            tokio::time::sleep(ms(1_999)).await;
            started.push(state.scenarios()[0].progress.started_iterations());
        }
        control.stop(RunEnd::Completed);
        started
    };
    let (started, outcome) = tokio::join!(steering, finish(trial));
    // Nothing before the first course; then 20, none, 100 and 2.5 a second, each for 2 s.
    assert_eq!(started, [0, 40, 40, 240, 245]);
    assert_eq!(outcome.end, RunEnd::Completed);
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 0.0);
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_vu_is_dropped_and_counted() {
    let trial = trial_of(steered(vus(1, 3)), sleepers(60_000));
    let control = trial.run.control();
    let steering = async {
        at(&control, 10.0);
        tokio::time::sleep(ms(1_950)).await;
        at(&control, 0.0);
        tokio::time::sleep(ms(1_000)).await;
        control.stop(RunEnd::Completed);
    };
    let ((), outcome) = tokio::join!(steering, finish(trial));
    assert_eq!(total(&outcome, builtin::DROPPED_ITERATIONS), 17.0);
}

#[tokio::test(start_paused = true)]
async fn vus_are_as_many_as_told() {
    let trial = trial_of(steered(Drive::Vus), sleepers(100));
    let (control, state) = (trial.run.control(), trial.run.state());
    let steering = async {
        let mut active = Vec::new();
        for vus in [3, 10, 0, 2] {
            control.scale(Some(vus), Some(vus.max(1))).expect("it can be scaled");
            tokio::time::sleep(ms(1_000)).await;
            active.push(state.active_vus());
        }
        control.stop(RunEnd::Completed);
        active
    };
    let (active, _) = tokio::join!(steering, finish(trial));
    assert_eq!(active, [3, 10, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn only_steered_scenarios_can_be_steered() {
    let trial = trial(&json!({ "vus": 1, "duration": "1s" }), sleepers(10));
    let refusal = trial.run.control().steer(Course { rate: 1.0, seed: None });
    assert_eq!(refusal, Err(ControlError::NotSteerable));
}

#[tokio::test(start_paused = true)]
async fn seconds_are_whole_when_they_are_announced() {
    let trial = trial_of(steered(vus(5, 5)), sleepers(10));
    let (control, measurements) = (trial.run.control(), trial.run.measurements());
    let mut ticks = measurements.ticks();
    let steering = async {
        at(&control, 10.0);
        let begun = Instant::now();
        let mut counted = Vec::new();
        for _ in 0..3 {
            ticks.changed().await.expect("the run goes on");
            let count = |sink: &plimsoll_metrics::Sink| sink.count();
            counted.push(measurements.read(|all| all.total(builtin::ITERATIONS).map_or(0, count)));
            let copied = measurements.snapshot().total(builtin::ITERATIONS).map_or(0, count);
            assert_eq!(counted.last(), Some(&copied));
        }
        assert_eq!(begun.elapsed(), ms(3_000));
        control.stop(RunEnd::Completed);
        counted
    };
    let (counted, _) = tokio::join!(steering, finish(trial));
    assert_eq!(counted, [10, 20, 30]);
}
