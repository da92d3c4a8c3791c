//! Records of several instances of one test, laid over each other.
//!
//! Instances share no clock. What counts is how far each was in its own test: the third second of one belongs
//! to the third second of the other, whatever their clocks say. Times of samples are moved accordingly.
//! Whoever starts instances starts them together; by how much their clocks disagree is told.

use std::iter::Peekable;
use std::time::Duration;

use plimsoll_metrics::{Aggregate, Gauge, MetricId, Registry, SeriesView, Sink, Tags, Timestamp, builtin};

use super::header::End;
use super::instances::{MergeError, are_instances};
use super::read::{Decoder, Record, Stream};
use super::second::{ScenarioState, Second};
use crate::advice::ArrivalFacts;
use crate::model::RunFacts;
use crate::validity::Validity;

/// Clocks that disagree by more, or instances that were not started together.
const NOTABLE: Duration = Duration::from_secs(5);

impl Record {
    /// Makes one record of those of several instances.
    ///
    /// # Errors
    /// When they are not instances of one test.
    pub fn merge(records: Vec<Self>) -> Result<Self, MergeError> {
        are_instances(&records)?;
        let several = records.len() > 1;
        let mut records = records.into_iter().enumerate().map(|(place, mut record)| {
            if several {
                record.name_figures(place + 1);
            }
            record
        });
        let mut whole = records.next().ok_or(MergeError::Nothing)?;
        for (place, record) in records.enumerate() {
            let what = "metrics";
            whole.add(&record).ok_or(MergeError::Different { record: place + 1, what })?;
        }
        Ok(whole)
    }

    /// Says of the generator's figures whose they are.
    fn name_figures(&mut self, instance: usize) {
        let validity = self.end.as_mut().and_then(|end| end.run.validity.as_mut());
        for figure in validity.into_iter().flat_map(|validity| &mut validity.figures) {
            *figure = format!("instance {instance}: {figure}");
        }
    }

    fn add(&mut self, other: &Self) -> Option<()> {
        let registry = &self.registry;
        let declare = |name: &str| {
            let metric = other.registry.by_name(name)?;
            registry.declare(name, metric.kind, metric.contains).ok()
        };
        // Those that are declared while a test runs are in its registry too.
        other.registry.all().iter().try_for_each(|metric| declare(&metric.name).map(|_| ()))?;
        for stream in &other.streams {
            let own = stream.metrics.iter().map(|id| other.registry.get(*id).name);
            let metrics = own.map(|name| declare(&name)).collect::<Option<Vec<_>>>()?;
            self.streams.push(Stream { metrics, ..stream.clone() });
        }
        self.note_clocks(other);
        self.end = match (self.end.take(), &other.end) {
            (Some(mine), Some(theirs)) => Some(mine.with(theirs)),
            _ => None,
        };
        // Damage is graver than an end that is missing.
        self.cut = self.cut.into_iter().chain(other.cut).max_by_key(|cut| cut.is_damage);
        Some(())
    }

    fn note_clocks(&mut self, other: &Self) {
        let (Some(first), Some(own)) = (self.streams.first(), other.streams.first()) else { return };
        let apart = Duration::from_nanos(first.started_at.abs_diff(own.started_at));
        if apart > NOTABLE {
            self.notes.push(format!(
                "the clocks of two instances say that their tests began {} apart: they are shown as if they \
                 had begun together",
                crate::format::moment(apart)
            ));
        }
    }
}

impl End {
    /// What two instances amount to.
    fn with(mut self, other: &Self) -> Self {
        let RunFacts { duration, complete_iterations, interrupted_iterations, lost_samples, .. } = other.run;
        let run = &mut self.run;
        run.duration = run.duration.max(duration);
        run.complete_iterations = run.complete_iterations.saturating_add(complete_iterations);
        run.interrupted_iterations = run.interrupted_iterations.saturating_add(interrupted_iterations);
        run.lost_samples = run.lost_samples.saturating_add(lost_samples);
        run.ended_early = run.ended_early.take().or_else(|| other.run.ended_early.clone());
        run.marked_failed = run.marked_failed.take().or_else(|| other.run.marked_failed.clone());
        for note in &other.run.notes {
            if !run.notes.contains(note) {
                run.notes.push(note.clone());
            }
        }
        merge_arrivals(&mut run.arrivals, &other.run.arrivals);
        run.validity = join(run.validity.take(), other.run.validity.as_ref());
        self.warm_up = self.warm_up.max(other.warm_up);
        self.exit_code = std::cmp::max_by_key(self.exit_code, other.exit_code, |code| weight(*code));
        self
    }
}

/// Which of two exit codes is that of the whole, by the order in which a run has them: a reason that keeps a
/// run from being judged counts before what thresholds and goals say, whatever the numbers are.
fn weight(code: u8) -> (u8, u8) {
    let rank = match code {
        0 => 0,
        95 => 1,
        99 => 2,
        // The script marked the run as failed; a measurement that cannot be trusted counts before that.
        110 => 3,
        96 => 4,
        _ => 5,
    };
    (rank, code)
}

/// A measurement is as good as the worst of its parts, and what speaks against one of them speaks against it.
/// A rule that several break is there once, as gravely as it was broken.
fn join(one: Option<Validity>, other: Option<&Validity>) -> Option<Validity> {
    let Some(mut one) = one else { return other.cloned() };
    let Some(other) = other else { return Some(one) };
    for reason in &other.reasons {
        match one.reasons.iter_mut().find(|known| known.rule == reason.rule) {
            Some(known) if known.verdict < reason.verdict => known.clone_from(reason),
            Some(_) => {}
            None => one.reasons.push(reason.clone()),
        }
    }
    one.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    one.verdict = one.verdict.max(other.verdict);
    one.figures.extend(other.figures.iter().cloned());
    Some(one)
}

fn merge_arrivals(all: &mut Vec<ArrivalFacts>, others: &[ArrivalFacts]) {
    for other in others {
        let Some(known) = all.iter_mut().find(|known| known.scenario == other.scenario) else {
            all.push(other.clone());
            continue;
        };
        known.peak_rate += other.peak_rate;
        known.pre_allocated_vus = known.pre_allocated_vus.saturating_add(other.pre_allocated_vus);
        known.max_vus = known.max_vus.saturating_add(other.max_vus);
        known.made_on_demand = known.made_on_demand.saturating_add(other.made_on_demand);
        known.dropped = known.dropped.saturating_add(other.dropped);
    }
}

/// The seconds of several files.
#[derive(Debug)]
pub(super) struct Together<'a>(Vec<Source<'a>>);

#[derive(Debug)]
struct Source<'a> {
    seconds: Peekable<Decoder<'a>>,
    /// By how much its clock is ahead of the first one's.
    ahead: i64,
    /// VUs that were active last.
    vus: u32,
}

impl<'a> Together<'a> {
    pub(super) fn of(streams: &'a [Stream], registry: &'a Registry) -> Self {
        let first = streams.first().map_or(0, |stream| stream.started_at);
        let source = |stream: &'a Stream| Source {
            seconds: stream.decode(registry).peekable(),
            ahead: stream.started_at.wrapping_sub(first) as i64,
            vus: 0,
        };
        Self(streams.iter().map(source).collect())
    }
}

/// Which second of the test it is: readings come a little early or late. A warm-up comes before what is
/// measured.
fn key(second: &Second) -> (bool, u64) {
    let at = if second.warming_up { second.warmed_up } else { second.at };
    (!second.warming_up, at.saturating_add(Duration::from_millis(500)).as_secs())
}

impl Iterator for Together<'_> {
    type Item = Second;

    fn next(&mut self) -> Option<Second> {
        let due = self.0.iter_mut().filter_map(|source| source.seconds.peek().map(key)).min()?;
        let mut whole = Second::default();
        let (mut measured, mut warm_up) = (Overlay::default(), Overlay::default());
        for source in &mut self.0 {
            let (mut is_there, mut length) = (false, Duration::ZERO);
            while let Some(second) = source.seconds.next_if(|second| key(second) == due) {
                (source.vus, is_there) = (second.vus, true);
                length = length.saturating_add(second.length);
                measured.add(&second.part, source.ahead);
                warm_up.add(&second.warm_up, source.ahead);
                whole.add(second);
            }
            // One that has ended has no VUs; one that was read late still has those it had.
            if is_there || source.seconds.peek().is_some() {
                whole.vus = whole.vus.saturating_add(source.vus);
            }
            // Readings of one instance follow each other, those of several are at the same time.
            whole.length = whole.length.max(length);
            measured.next_source();
            warm_up.next_source();
        }
        (whole.part, whole.warm_up) = (measured.finish(), warm_up.finish());
        Some(whole)
    }
}

impl Second {
    /// Adds what another instance did at the same time, or the same one right after; samples, VUs and the
    /// length excepted.
    fn add(&mut self, other: Self) {
        if self.began == Timestamp::default() {
            self.began = other.began;
        }
        self.at = self.at.max(other.at);
        self.warming_up |= other.warming_up;
        self.warmed_up = self.warmed_up.max(other.warmed_up);
        self.began_in_scenarios |= other.began_in_scenarios;
        self.has_ceased |= other.has_ceased;
        self.started = self.started.saturating_add(other.started);
        self.complete = self.complete.saturating_add(other.complete);
        self.interrupted = self.interrupted.saturating_add(other.interrupted);
        self.planned += other.planned;
        for scenario in other.scenarios {
            match self.scenarios.iter_mut().find(|known| known.name == scenario.name) {
                Some(known) => known.add(&scenario),
                None => self.scenarios.push(scenario),
            }
        }
    }
}

impl ScenarioState {
    fn add(&mut self, other: &Self) {
        let end = |state: &Self| state.start.saturating_add(state.length);
        let end = end(self).max(end(other));
        self.start = self.start.min(other.start);
        self.length = end.saturating_sub(self.start);
        self.made_on_demand = self.made_on_demand.saturating_add(other.made_on_demand);
        self.dropped = self.dropped.saturating_add(other.dropped);
    }
}

/// The samples of several instances in one second.
#[derive(Default)]
struct Overlay {
    whole: Aggregate,
    /// VUs are there together: the numbers of instances add up. Those of other gauges do not.
    users: Vec<(MetricId, Tags, Gauge)>,
    /// Those of the instance whose seconds are being added.
    sources: Vec<(MetricId, Tags, Gauge)>,
}

impl Overlay {
    fn add(&mut self, part: &Aggregate, ahead: i64) {
        let moved = |at: Timestamp| Timestamp(at.0.wrapping_sub(ahead as u64));
        for SeriesView { metric, tags, sink, first, last } in part.series() {
            let mut sink = sink.clone();
            if let Sink::Gauge(gauge) = &mut sink {
                gauge.at = moved(gauge.at);
                if [builtin::VUS, builtin::VUS_MAX].contains(&metric) {
                    // The last of several in one second counts.
                    self.sources.retain(|(known, known_tags, _)| (*known, known_tags) != (metric, tags));
                    self.sources.push((metric, tags.clone(), *gauge));
                    continue;
                }
            }
            self.whole.add(metric, tags, &sink, (moved(first), moved(last)));
        }
        self.whole.add_folds(part.folds());
    }

    fn next_source(&mut self) {
        for (metric, tags, gauge) in self.sources.drain(..) {
            match self.users.iter_mut().find(|(known, known_tags, _)| (*known, known_tags) == (metric, &tags))
            {
                Some((_, _, sum)) => {
                    sum.last += gauge.last;
                    sum.at = sum.at.max(gauge.at);
                    sum.count = sum.count.max(gauge.count);
                }
                None => self.users.push((metric, tags, gauge)),
            }
        }
    }

    fn finish(mut self) -> Aggregate {
        for (metric, tags, gauge) in self.users {
            let Gauge { last, at, .. } = gauge;
            let sum = Sink::Gauge(Gauge { min: last, max: last, ..gauge });
            self.whole.add(metric, &tags, &sum, (at, at));
        }
        self.whole
    }
}
