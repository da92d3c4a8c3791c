//! From a record to what its run amounted to.

use std::time::Duration;

use plimsoll_metrics::threshold::{Stage, Windows};
use plimsoll_metrics::{Aggregate, NoDataPolicy, Sink, Timestamp, builtin};

use super::read::{Cut, Record};
use super::second::{ScenarioState, Second};
use crate::advice::ArrivalFacts;
use crate::format;
use crate::model::{RunFacts, Settings, Summary, SummaryInput};
use crate::timeline::{ScenarioSpan, Timeline};

/// A run as its record has it.
#[derive(Debug, Default)]
pub struct Replay {
    /// Everything that was measured.
    pub aggregate: Aggregate,
    /// Everything that was recorded while it warmed up.
    pub warm_up: Aggregate,
    /// How long it warmed up.
    pub warmed_up: Duration,
    /// What happened when.
    pub timeline: Timeline,
    /// How long it was measured.
    pub at: Duration,
    /// Iterations that came to their end, those of the warm-up included.
    complete: u64,
    interrupted: u64,
    scenarios: Vec<ScenarioState>,
}

impl Record {
    /// Goes through all seconds.
    #[must_use]
    pub fn replay(&self) -> Replay {
        self.replay_with(&mut Windows::new(&self.bound().thresholds))
    }

    /// Windows of thresholds slide over the seconds in which scenarios ran, as they did in the run.
    fn replay_with(&self, windows: &mut Windows) -> Replay {
        let (mut replay, mut have_begun) = (Replay::default(), false);
        for second in self.seconds() {
            let (is_judged, start) = (!second.warming_up, second.at.saturating_sub(second.length));
            let slides = second.began_in_scenarios && is_judged;
            if second.has_ceased {
                // In the run its first part was judged too; what a second does not tell apart judges nobody.
                windows.cease();
            }
            replay.add(second);
            if !windows.is_empty() && slides {
                windows.advance(&replay.aggregate, start, replay.at);
            } else if !windows.is_empty() && !have_begun {
                windows.begin(&replay.aggregate);
            }
            have_begun |= slides;
            if is_judged {
                let mut report = self.bound().thresholds.evaluate(&replay.aggregate, replay.at);
                windows.complete(&mut report, Stage::Running);
                replay.timeline.judge(replay.at, &report);
            }
        }
        replay
    }

    /// What the run amounted to, and what happened when.
    #[must_use]
    pub fn summary(&self, settings: Settings, no_data: NoDataPolicy) -> (Summary, Timeline) {
        let mut windows = Windows::new(&self.bound().thresholds);
        let replay = self.replay_with(&mut windows);
        let run = self.facts(&replay);
        let mut thresholds = self.bound().thresholds.evaluate(&replay.aggregate, run.duration);
        windows.complete(&mut thresholds, Stage::Over);
        let summary = Summary::build(SummaryInput {
            registry: self.registry(),
            aggregate: &replay.aggregate,
            warm_up: self.warmed_up(&replay).map(|length| (&replay.warm_up, length)),
            thresholds: (!thresholds.rules.is_empty()).then_some(&thresholds),
            goals: self.bound().goals.evaluate(&replay.aggregate, run.duration),
            no_data,
            settings,
            run,
        });
        (summary, replay.timeline)
    }

    /// How long the warm-up was, if there was one.
    fn warmed_up(&self, replay: &Replay) -> Option<Duration> {
        match &self.end {
            Some(end) => end.warm_up,
            None => Some(replay.warmed_up).filter(|length| !length.is_zero()),
        }
    }

    fn facts(&self, replay: &Replay) -> RunFacts {
        let mut facts = match &self.end {
            Some(end) => end.run.clone(),
            None => self.facts_without_end(replay),
        };
        facts.notes.extend(self.notes.iter().cloned());
        facts
    }

    /// As far as the seconds tell.
    fn facts_without_end(&self, replay: &Replay) -> RunFacts {
        let started_at = self.streams.first().map_or(self.header.begun, |stream| stream.started_at);
        let warmed_up = match replay.warm_up.total(builtin::ITERATIONS) {
            Some(Sink::Counter(iterations)) => iterations.count,
            _ => 0,
        };
        RunFacts {
            script: self.header.script.clone(),
            scenarios: self.header.scenarios.clone(),
            started_at: Timestamp(started_at),
            started: format::rfc3339(Timestamp(started_at)),
            duration: replay.at,
            complete_iterations: replay.complete.saturating_sub(warmed_up),
            interrupted_iterations: replay.interrupted,
            ended_early: Some(self.cut_off(replay)),
            arrivals: self.header.arrivals.iter().map(|planned| replay.arrival(planned)).collect(),
            ..RunFacts::default()
        }
    }

    fn cut_off(&self, replay: &Replay) -> String {
        let several = self.instances() > 1;
        let after = format::moment(replay.at + replay.warmed_up);
        if let Some(Cut { whole, torn, is_damage: true }) = self.cut {
            let record = if several { "the record of an instance" } else { "the record" };
            return format!(
                "{record} is damaged at byte {whole}; {} left out, and what is known goes on for {after}",
                format::counted(torn, "byte")
            );
        }
        if replay.at.is_zero() && replay.warmed_up.is_zero() {
            "the run did not end; it was cut off before its first second".to_owned()
        } else if several {
            format!("the run of an instance did not end; what is known of all goes on for {after}")
        } else {
            format!("the run did not end; it was cut off after {after}")
        }
    }
}

impl Replay {
    fn add(&mut self, second: Second) {
        self.aggregate.merge_all(&second.part);
        self.warm_up.merge_all(&second.warm_up);
        self.warmed_up = self.warmed_up.max(second.warmed_up);
        self.at = self.at.max(second.at);
        self.complete = self.complete.saturating_add(second.complete);
        self.interrupted = self.interrupted.saturating_add(second.interrupted);
        self.timeline.follow(&second);
        self.scenarios = second.scenarios;
    }

    fn arrival(&self, planned: &ArrivalFacts) -> ArrivalFacts {
        let state = self.scenarios.iter().find(|state| *state.name == *planned.scenario);
        ArrivalFacts {
            made_on_demand: state.map_or(0, |state| state.made_on_demand),
            dropped: state.map_or(0, |state| state.dropped),
            ..planned.clone()
        }
    }
}

impl ScenarioState {
    /// As the timeline shows it.
    #[must_use]
    pub fn span(&self) -> ScenarioSpan {
        ScenarioSpan {
            name: self.name.to_string(),
            executor: self.executor.to_string(),
            start: self.start,
            length: self.length,
        }
    }
}
