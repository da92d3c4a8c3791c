//! Every executor in several configurations: exact numbers on paused time, the same within tolerances on real
//! threads and real time.

use std::{num::NonZeroUsize, sync::Arc};

use plimsoll_engine::{RunConfig, RunOutcome, RunState};
use plimsoll_metrics::builtin;
use serde_json::{Value, json};
use tokio::{
    task::{AbortHandle, JoinSet, LocalSet},
    time::{Instant, sleep_until},
};

use crate::support::{Notes, Trial, finish, finish_on_threads, ms, sleepers, total, trial_with};

/// One configuration, and what comes of it.
struct Case {
    name: &'static str,
    scenario: Value,
    /// How long an iteration takes, in milliseconds.
    iteration: u64,
    expected: Expected,
}

/// What comes of a case, exactly.
#[derive(Debug, PartialEq)]
struct Expected {
    complete: u64,
    interrupted: u64,
    dropped: u64,
    /// When everything is over, in milliseconds.
    ended: u64,
    /// From when on how many VUs are active, in steps of [`STEP`].
    vus: Vec<(u64, u32)>,
}

/// Between two looks at the number of VUs, in milliseconds. Looks are half a step off the hour, where nothing
/// changes in these cases.
const STEP: usize = 50;

fn case(name: &'static str, iteration: u64, scenario: Value, counts: [u64; 4], vus: &[(u64, u32)]) -> Case {
    let [complete, interrupted, dropped, ended] = counts;
    Case {
        name,
        scenario,
        iteration,
        expected: Expected { complete, interrupted, dropped, ended, vus: vus.to_vec() },
    }
}

fn iteration_cases() -> Vec<Case> {
    vec![
        case(
            "VUs share iterations, and go when there are none left",
            300,
            json!({ "executor": "shared-iterations", "vus": 3, "iterations": 10 }),
            [10, 0, 0, 1_200],
            &[(0, 3), (900, 1)],
        ),
        case(
            "shared iterations that time does not allow",
            300,
            json!({
                "executor": "shared-iterations", "vus": 2, "iterations": 100, "maxDuration": "1s",
                "gracefulStop": 0,
            }),
            [6, 2, 92, 1_000],
            &[(0, 2)],
        ),
        case(
            "every VU has its own iterations",
            200,
            json!({ "executor": "per-vu-iterations", "vus": 3, "iterations": 4 }),
            [12, 0, 0, 800],
            &[(0, 3)],
        ),
        case(
            "own iterations that time does not allow; those that run are finished",
            300,
            json!({
                "executor": "per-vu-iterations", "vus": 2, "iterations": 10, "maxDuration": "1s",
                "gracefulStop": "500ms",
            }),
            [8, 0, 12, 1_200],
            &[(0, 2)],
        ),
    ]
}

fn vu_cases() -> Vec<Case> {
    vec![
        case(
            "a constant number of VUs finishes what runs",
            400,
            json!({ "executor": "constant-vus", "vus": 2, "duration": "1s" }),
            [6, 0, 0, 1_200],
            &[(0, 2)],
        ),
        case(
            "iterations beyond the grace are interrupted",
            800,
            json!({ "executor": "constant-vus", "vus": 3, "duration": "1s", "gracefulStop": "100ms" }),
            [3, 3, 0, 1_100],
            &[(0, 3)],
        ),
        case(
            "a ramp up and down",
            100,
            json!({
                "executor": "ramping-vus", "startVUs": 0,
                "stages": [{ "duration": "2s", "target": 4 }, { "duration": "2s", "target": 0 }],
            }),
            [80, 0, 0, 4_000],
            &[(0, 0), (500, 1), (1_000, 2), (1_500, 3), (2_000, 4), (2_500, 3), (3_000, 2), (3_500, 1)],
        ),
        case(
            "a step down interrupts after the ramp-down's grace",
            1_000,
            json!({
                "executor": "ramping-vus", "startVUs": 3, "gracefulRampDown": "200ms",
                "stages": [
                    { "duration": "500ms", "target": 3 }, { "duration": 0, "target": 1 },
                    { "duration": "1500ms", "target": 1 },
                ],
            }),
            [2, 2, 0, 2_000],
            &[(0, 3), (700, 1)],
        ),
        case(
            "VUs that are wanted again come back",
            100,
            json!({
                "executor": "ramping-vus", "startVUs": 2,
                "stages": [
                    { "duration": "500ms", "target": 2 }, { "duration": 0, "target": 0 },
                    { "duration": "500ms", "target": 0 }, { "duration": 0, "target": 1 },
                    { "duration": "500ms", "target": 1 },
                ],
            }),
            [15, 0, 0, 1_500],
            &[(0, 2), (500, 0), (1_000, 1)],
        ),
    ]
}

fn arrival_cases() -> Vec<Case> {
    vec![
        case(
            "a constant rate",
            150,
            json!({
                "executor": "constant-arrival-rate", "rate": 10, "duration": "1s", "preAllocatedVUs": 3,
            }),
            [10, 0, 0, 1_050],
            &[(0, 3), (1_000, 1)],
        ),
        case(
            "a rate in another unit",
            10,
            json!({
                "executor": "constant-arrival-rate", "rate": 3, "timeUnit": "500ms", "duration": "2s",
                "preAllocatedVUs": 1,
            }),
            [12, 0, 0, 2_000],
            &[(0, 1)],
        ),
        case(
            "arrivals that find no VU",
            500,
            json!({
                "executor": "constant-arrival-rate", "rate": 10, "duration": "2s", "preAllocatedVUs": 2,
                "maxVUs": 4,
            }),
            [16, 0, 4, 2_300],
            &[(0, 2), (200, 3), (300, 4), (2_000, 3), (2_100, 2), (2_200, 1)],
        ),
        case(
            "arrivals that take longer than the grace",
            800,
            json!({
                "executor": "constant-arrival-rate", "rate": 10, "duration": "1s", "preAllocatedVUs": 10,
                "gracefulStop": "450ms",
            }),
            [7, 3, 0, 1_450],
            &[(0, 10), (1_000, 7), (1_100, 6), (1_200, 5), (1_300, 4), (1_400, 3)],
        ),
        case(
            "a rising rate",
            10,
            json!({
                "executor": "ramping-arrival-rate", "preAllocatedVUs": 1,
                "stages": [{ "duration": "2s", "target": 10 }],
            }),
            [10, 0, 0, 2_010],
            &[(0, 1)],
        ),
        case(
            "a rate that falls, pauses and jumps",
            10,
            json!({
                "executor": "ramping-arrival-rate", "startRate": 10, "preAllocatedVUs": 1,
                "stages": [
                    { "duration": "1s", "target": 0 }, { "duration": "500ms", "target": 0 },
                    { "duration": 0, "target": 20 }, { "duration": "500ms", "target": 20 },
                ],
            }),
            [15, 0, 0, 2_010],
            &[(0, 1)],
        ),
    ]
}

fn cases() -> Vec<Case> {
    [iteration_cases(), vu_cases(), arrival_cases()].into_iter().flatten().collect()
}

fn trial_of(case: &Case, config: RunConfig) -> Trial {
    trial_with(&json!({ "scenarios": { "s": case.scenario } }), sleepers(case.iteration), config)
}

/// Looks at the number of VUs until it is dropped.
fn watch(state: Arc<RunState>) -> (Notes<(u64, u32)>, AbortOnDrop) {
    let seen = Notes::default();
    let changes = seen.clone();
    let watching = tokio::spawn(async move {
        let begun = Instant::now();
        let mut last = None;
        for at in (0..).step_by(STEP) {
            sleep_until(begun + ms(at + STEP as u64 / 2)).await;
            let vus = state.active_vus();
            if last.replace(vus) != Some(vus) {
                changes.push((at, vus));
            }
        }
    });
    (seen, AbortOnDrop(watching.abort_handle()))
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn what_came(outcome: &RunOutcome, vus: Vec<(u64, u32)>) -> Expected {
    Expected {
        complete: total(outcome, builtin::ITERATIONS) as u64,
        interrupted: outcome.state.interrupted_iterations(),
        dropped: total(outcome, builtin::DROPPED_ITERATIONS) as u64,
        ended: outcome.test_duration.as_millis() as u64,
        vus,
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_on_paused_time() {
    let mut wrong = Vec::new();
    for case in cases() {
        let trial = trial_of(&case, RunConfig::default());
        let (seen, _watching) = watch(trial.run.state());
        let outcome = finish(trial).await;
        let came = what_came(&outcome, seen.take());
        if came != case.expected {
            wrong.push(format!("{}\n    came: {came:?}\nexpected: {:?}", case.name, case.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// On real time a count may be off by this share of all iterations that were planned, or by [`FEW`].
const TOLERANCE: f64 = 0.15;

/// One for each VU that may have come a moment late to the last instant.
const FEW: f64 = 4.0;

/// How much later than planned everything may be over, on a machine that has other things to do.
const LATE: u64 = 1_000;

#[tokio::test]
async fn nearly_so_on_real_threads() {
    let all = async {
        let running: JoinSet<()> = cases().into_iter().fold(JoinSet::new(), |mut running, case| {
            running.spawn_local(run_for_real(case));
            running
        });
        running.join_all().await;
    };
    LocalSet::new().run_until(all).await;
}

async fn run_for_real(case: Case) {
    let workers = NonZeroUsize::new(2).expect("two");
    let outcome = finish_on_threads(trial_of(&case, RunConfig { workers, ..RunConfig::default() })).await;
    let (came, expected) = (what_came(&outcome, Vec::new()), &case.expected);
    let planned = expected.complete + expected.interrupted + expected.dropped;
    let tolerance = (planned as f64 * TOLERANCE).max(FEW);
    let near = |came: u64, expected: u64| came.abs_diff(expected) as f64 <= tolerance;
    let is_near = near(came.complete, expected.complete)
        && near(came.interrupted, expected.interrupted)
        && near(came.dropped, expected.dropped)
        && (expected.ended - 1..expected.ended + LATE).contains(&came.ended);
    assert!(is_near, "{}: {came:?} instead of {expected:?}", case.name);
}
