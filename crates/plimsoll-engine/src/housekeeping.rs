//! What goes on beside the phases: once a second the gauges of VUs and the merging of shards, every other
//! second the thresholds, the announcements of scenarios that start, the end of the warm-up, and that of the
//! starting.

use std::{collections::BTreeSet, convert::Infallible};

use plimsoll_metrics::{Outcome, ThresholdReport};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use crate::{
    conductor::Conductor,
    event::{Phase, RunEvent},
    outcome::RunEnd,
    recorder::record_vus,
    threshold_watch::watch_starts,
    warm_up::watch_warm_up,
};

/// How many ticks lie between two looks at the thresholds.
const TICKS_PER_JUDGEMENT: u64 = 2;

/// Keeps house until it is dropped, which may be at any time.
pub(crate) async fn keep_house(conductor: &Conductor) -> Infallible {
    tokio::select! {
        never = tick(conductor) => never,
        never = announce_starts(conductor) => never,
        never = watch_warm_up(conductor) => never,
        never = watch_starts(conductor) => never,
    }
}

async fn tick(conductor: &Conductor) -> Infallible {
    let tick = conductor.config.tick;
    let mut ticks = interval_at(Instant::now() + tick, tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut crossed = BTreeSet::new();
    for number in 1u64.. {
        ticks.tick().await;
        // Waiting to be resumed is no part of the test.
        if conductor.shared.state.phase() != Phase::Paused {
            count_vus(conductor);
        }
        conductor.shared.absorb(conductor.lane.get(), &mut conductor.shard.borrow_mut());
        conductor.crew.absorb().await;
        conductor.shared.measurements.note_tick();
        conductor.slide_windows();
        if number.is_multiple_of(TICKS_PER_JUDGEMENT) {
            watch_thresholds(conductor, &mut crossed);
        }
    }
    std::future::pending().await
}

fn count_vus(conductor: &Conductor) {
    let shared = &conductor.shared;
    let now = shared.clock.timestamp(shared.clock.now());
    record_vus(&mut conductor.shard.borrow_mut(), &conductor.plan.options, &shared.state, now);
}

/// Says which thresholds are newly crossed, and stops the run if one of them asks for it.
fn watch_thresholds(conductor: &Conductor, known: &mut BTreeSet<String>) {
    let (config, shared) = (&conductor.config, &conductor.shared);
    let state = &shared.state;
    if config.thresholds.rules().is_empty() || state.test_started().is_none() || state.is_warming_up() {
        return;
    }
    let elapsed = state.measured_elapsed();
    let report = shared.measurements.read(|aggregate| shared.watch.evaluate(aggregate, elapsed));
    let crossed = crossed(&report);
    let names: Vec<String> = crossed.difference(known).cloned().collect();
    *known = crossed;
    if !names.is_empty() {
        shared.events.send(RunEvent::ThresholdsCrossed { names });
    }
    if report.abort(elapsed).is_some() {
        shared.control.stop(RunEnd::ThresholdsAborted);
    }
}

/// The rules with a threshold that is crossed by data; missing ones may still come.
fn crossed(report: &ThresholdReport) -> BTreeSet<String> {
    let has_crossed = |outcome: Outcome| matches!(outcome, Outcome::Crossed { .. });
    let rules =
        report.rules.iter().filter(|rule| rule.results.iter().any(|result| has_crossed(result.outcome)));
    rules.map(|rule| rule.selector.source().to_owned()).collect()
}

async fn announce_starts(conductor: &Conductor) -> Infallible {
    let scenarios = conductor.shared.state.scenarios();
    let mut to_come: Vec<usize> = (0..scenarios.len()).collect();
    loop {
        let start = |index: &usize| scenarios[*index].progress.started_at().map(|at| (at, *index));
        let first = to_come.iter().filter_map(start).min();
        let starts = async {
            match first {
                Some((at, scenario)) => {
                    sleep_until(at).await;
                    scenario
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = conductor.scenarios_begun.notified() => {}
            scenario = starts => {
                conductor.shared.events.send(RunEvent::ScenarioStarted { scenario });
                to_come.retain(|other| *other != scenario);
            }
        }
    }
}
