//! Thresholds with a window: judged on every part of the run that is as long as the window.
//!
//! [`Windows::advance`] is told once a second how far the aggregate is. What a rule's samples have gained
//! since then is a part of its own; a window is the sum of the last parts. Parts are forgotten when the
//! window has passed them, so memory is bounded by the window and not by the run.

use std::collections::VecDeque;
use std::time::Duration;

use super::evaluate::{Outcome, ThresholdReport, WindowResult, compare};
use super::{Operator, Rule, Threshold, Thresholds};
use crate::aggregate::Aggregate;
use crate::builtin;
use crate::sink::Sink;

/// A window is cut into at most so many parts. Up to ten minutes they are seconds.
const PARTS: u32 = 600;
/// Parts end when somebody comes to look, which is a little late now and then.
const SLACK: Duration = Duration::from_millis(250);

/// Whether a run may still bring what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A window that is not full yet crosses nothing.
    Running,
    /// A run that was shorter than a window is judged on what there is.
    Over,
}

/// Follows the thresholds that have windows.
#[derive(Debug, Default)]
pub struct Windows {
    watches: Vec<Watch>,
}

/// One threshold with a window.
#[derive(Debug)]
struct Watch {
    /// Its place: the rule, and the threshold of that rule.
    place: (usize, usize),
    rule: Rule,
    threshold: Threshold,
    window: Duration,
    /// The rule's samples at the last look.
    known: Sink,
    parts: VecDeque<Part>,
    worst: Option<Worst>,
    judged: u64,
    broken: u64,
}

/// What was gained between two looks.
#[derive(Debug)]
struct Part {
    start: Duration,
    end: Duration,
    gained: Sink,
}

#[derive(Debug, Clone, Copy)]
struct Worst {
    outcome: Outcome,
    span: (Duration, Duration),
}

impl Windows {
    /// The windows of these thresholds, all of them empty.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        let mut watches = Vec::new();
        for (number, rule) in thresholds.rules().iter().enumerate() {
            for (place, threshold) in rule.thresholds.iter().enumerate() {
                let place = (number, place);
                watches.extend(threshold.window.map(|window| Watch::new(place, rule, threshold, window)));
            }
        }
        Self { watches }
    }

    /// Whether no threshold has a window.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// The windows begin here: what was recorded before is in none of them.
    pub fn begin(&mut self, aggregate: &Aggregate) {
        for watch in &mut self.watches {
            watch.parts.clear();
            watch.known = watch.recorded(aggregate);
        }
    }

    /// Takes in what was recorded between two moments of the run, and judges the windows that end now.
    /// `start` is where the last part ended.
    pub fn advance(&mut self, aggregate: &Aggregate, start: Duration, end: Duration) {
        for watch in &mut self.watches {
            watch.advance(aggregate, start, end);
        }
    }

    /// Puts the results of the windows into a report on the same thresholds.
    pub fn complete(&self, report: &mut ThresholdReport, stage: Stage) {
        for watch in &self.watches {
            let (rule, threshold) = watch.place;
            let result = report.rules.get_mut(rule).and_then(|rule| rule.results.get_mut(threshold));
            if let (Some(result), Some((outcome, window))) = (result, watch.result(stage)) {
                result.outcome = outcome;
                result.window = Some(window);
            }
        }
    }
}

impl Watch {
    fn new(place: (usize, usize), rule: &Rule, threshold: &Threshold, window: Duration) -> Self {
        Self {
            place,
            rule: rule.clone(),
            threshold: threshold.clone(),
            window,
            known: Sink::new(rule.metric.kind()),
            parts: VecDeque::new(),
            worst: None,
            judged: 0,
            broken: 0,
        }
    }

    fn recorded(&self, aggregate: &Aggregate) -> Sink {
        let recorded = aggregate.select(self.rule.metric, self.rule.selector.filter());
        recorded.unwrap_or_else(|| Sink::new(self.rule.metric.kind()))
    }

    fn advance(&mut self, aggregate: &Aggregate, start: Duration, end: Duration) {
        let now = self.recorded(aggregate);
        let gained = now.since(&self.known);
        self.known = now;
        self.append(Part { start, end, gained });
        while self.parts.get(1).is_some_and(|second| end.saturating_sub(second.start) + SLACK >= self.window)
        {
            self.parts.pop_front();
        }
        if self.is_full() {
            self.judge();
        }
    }

    /// Adds a part, to the last one as long as that is shorter than parts need to be.
    fn append(&mut self, part: Part) {
        let step = self.window / PARTS;
        match self.parts.back_mut() {
            Some(last) if part.end.saturating_sub(last.start) <= step => {
                last.end = part.end;
                last.gained.merge(&part.gained);
            }
            _ => self.parts.push_back(part),
        }
    }

    fn span(&self) -> Option<(Duration, Duration)> {
        Some((self.parts.front()?.start, self.parts.back()?.end))
    }

    fn is_full(&self) -> bool {
        self.span().is_some_and(|(start, end)| end.saturating_sub(start) + SLACK >= self.window)
    }

    /// The value of the present window; `None` when it says nothing.
    fn value(&self) -> Option<Worst> {
        let span = self.span()?;
        let mut sum = Sink::new(self.rule.metric.kind());
        self.parts.iter().for_each(|part| sum.merge(&part.gained));
        // Once something counts, a window without it has counted none.
        let counts_zero = matches!(sum, Sink::Counter(_))
            && (!self.known.is_empty() || self.rule.metric == builtin::DROPPED_ITERATIONS);
        if sum.is_empty() && !counts_zero {
            return None;
        }
        Some(Worst { outcome: compare(&self.threshold, &sum, span.1.saturating_sub(span.0)), span })
    }

    fn judge(&mut self) {
        let Some(found) = self.value() else { return };
        self.judged += 1;
        self.broken += u64::from(matches!(found.outcome, Outcome::Crossed { .. }));
        if self.worst.is_none_or(|worst| self.is_worse(found.outcome, worst.outcome)) {
            self.worst = Some(found);
        }
    }

    fn is_worse(&self, found: Outcome, worst: Outcome) -> bool {
        let (Some(new), Some(old)) = (found.value(), worst.value()) else { return false };
        match self.threshold.expression.operator() {
            Operator::Less | Operator::LessOrEqual => new > old,
            Operator::Greater | Operator::GreaterOrEqual => new < old,
            Operator::Equal | Operator::NotEqual => {
                matches!((found, worst), (Outcome::Crossed { .. }, Outcome::Passed { .. }))
            }
        }
    }

    fn result(&self, stage: Stage) -> Option<(Outcome, WindowResult)> {
        let window = |worst: &Worst, is_full| WindowResult {
            span: worst.span,
            is_full,
            judged: self.judged,
            broken: self.broken,
        };
        if let Some(worst) = &self.worst {
            return Some((worst.outcome, window(worst, true)));
        }
        let so_far = self.value()?;
        let outcome = match (stage, so_far.outcome) {
            (Stage::Running, Outcome::Crossed { value }) => Outcome::Passed { value },
            (_, outcome) => outcome,
        };
        Some((outcome, window(&so_far, false)))
    }
}
