//! Thresholds with a window: judged on every part of the run that is as long as the window.
//!
//! [`Windows::advance`] is told once a second how far the aggregate is. What a rule's samples have gained
//! since then is a part of its own; a window is the sum of the last parts. Parts are forgotten when the
//! window has passed them, so memory is bounded by the window and not by the run.

use std::collections::VecDeque;
use std::time::Duration;

use super::evaluate::{Outcome, ThresholdReport, WindowResult, compare, without_data};
use super::{Aggregation, Operator, Rule, Threshold, Thresholds};
use crate::aggregate::Aggregate;
use crate::builtin;
use crate::sink::Sink;

/// A window is cut into at most so many parts. Up to ten minutes they are seconds.
const PARTS: u32 = 600;
/// Parts end when somebody comes to look, which is a little late now and then. A window may be shorter by so
/// much, and by no more than a fiftieth.
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
    states: Vec<WindowState>,
}

/// One threshold with a window.
#[derive(Debug)]
struct WindowState {
    /// Its place: the rule, and the threshold of that rule.
    place: (usize, usize),
    rule: Rule,
    threshold: Threshold,
    window: Duration,
    /// The rule's samples at the last look.
    known: Sink,
    parts: VecDeque<Part>,
    /// Nothing is started any more.
    has_ceased: bool,
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
        let mut states = Vec::new();
        for (number, rule) in thresholds.rules().iter().enumerate() {
            for (place, threshold) in rule.thresholds.iter().enumerate() {
                let place = (number, place);
                let state = |window| WindowState::new(place, rule, threshold, window);
                states.extend(threshold.window.map(state));
            }
        }
        Self { states }
    }

    /// Whether no threshold has a window.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The windows begin here: what was recorded before is in none of them.
    pub fn begin(&mut self, aggregate: &Aggregate) {
        for state in &mut self.states {
            state.parts.clear();
            state.known = state.recorded(aggregate);
        }
    }

    /// Takes in what was recorded between two moments of the run, and judges the windows that end now.
    /// `start` is where the last part ended.
    pub fn advance(&mut self, aggregate: &Aggregate, start: Duration, end: Duration) {
        for state in &mut self.states {
            state.advance(aggregate, start, end);
        }
    }

    /// From here on nothing is started: only what is under way comes to its end. That there is less and less
    /// of it says nothing, so lower bounds on counters judge no further window.
    pub fn cease(&mut self) {
        self.states.iter_mut().for_each(|state| state.has_ceased = true);
    }

    /// Puts the results of the windows into a report on the same thresholds. A threshold without any has no
    /// data, whatever was recorded before windows began.
    pub fn complete(&self, report: &mut ThresholdReport, stage: Stage) {
        for state in &self.states {
            let (number, place) = state.place;
            let Some(rule) = report.rules.get_mut(number) else { continue };
            let Some(result) = rule.results.get_mut(place) else { continue };
            if let Some((outcome, window)) = state.result(stage) {
                (result.outcome, result.window) = (outcome, Some(window));
            } else {
                (result.outcome, result.window) = (state.nothing(), None);
                rule.no_data.get_or_insert_with(|| state.explain_nothing());
            }
        }
    }
}

impl WindowState {
    fn new(place: (usize, usize), rule: &Rule, threshold: &Threshold, window: Duration) -> Self {
        Self {
            place,
            rule: rule.clone(),
            threshold: threshold.clone(),
            window,
            known: Sink::new(rule.metric.kind()),
            parts: VecDeque::new(),
            has_ceased: false,
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
        if self.has_ceased && self.is_lower_bound_of_a_counter() {
            // What was under way counts where the windows ended, in a run that was too short for any.
            if let Some(last) = self.parts.back_mut() {
                return last.gained.merge(&gained);
            }
        }
        self.append(Part { start, end, gained });
        while self.parts.get(1).is_some_and(|second| self.is_long_enough((second.start, end))) {
            self.parts.pop_front();
        }
        if self.span().is_some_and(|span| self.is_long_enough(span) && self.is_short_enough(span)) {
            self.judge();
        }
    }

    fn is_lower_bound_of_a_counter(&self) -> bool {
        let operator = self.threshold.expression.operator();
        matches!(self.known, Sink::Counter(_))
            && matches!(operator, Operator::Greater | Operator::GreaterOrEqual)
    }

    /// Adds a part, to the last one as long as that is shorter than parts need to be.
    fn append(&mut self, part: Part) {
        let step = self.step();
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

    /// How long parts are at least.
    fn step(&self) -> Duration {
        self.window / PARTS
    }

    fn slack(&self) -> Duration {
        SLACK.min(self.window / 50)
    }

    fn is_long_enough(&self, (start, end): (Duration, Duration)) -> bool {
        end.saturating_sub(start) + self.slack() >= self.window
    }

    /// Somebody came seconds late, and a sum over a longer time is another one. All else is a mean or an
    /// extreme.
    fn is_short_enough(&self, (start, end): (Duration, Duration)) -> bool {
        let is_sum = self.threshold.expression.aggregation() == Aggregation::Count;
        !is_sum || end.saturating_sub(start) <= self.window + self.slack() + self.step()
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

    /// The outcome without a sample.
    fn nothing(&self) -> Outcome {
        without_data(&self.threshold, self.rule.metric, self.window)
    }

    fn explain_nothing(&self) -> String {
        format!("no sample of '{}' was recorded while scenarios ran", self.rule.selector.source())
    }
}
