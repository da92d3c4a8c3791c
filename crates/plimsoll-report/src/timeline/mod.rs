//! What happened when: a run as a row of short spans, for curves and heat maps.
//!
//! Memory is constant. A [`Timeline`] holds at most [`Timeline::MOST`] spans; when there would be more, each
//! two neighbours become one. Distributions merge exactly, so a percentile of a span is that of its requests,
//! however wide it has become. Spans are made of the [seconds](Second) of a run, be it under way or in a
//! record.
//!
//! It draws nothing and reads no clock. Start from [`Timeline`].

use std::time::Duration;

use plimsoll_metrics::{Aggregate, MetricId, Outcome, Sink, ThresholdReport, Trend, builtin, tag};
use rustc_hash::FxHashMap;

use crate::format;
use crate::record::Second;

/// A run as a row of spans.
#[derive(Debug, Clone)]
pub struct Timeline {
    spans: Vec<Span>,
    /// How long a span is before the next one begins.
    width: Duration,
    crossings: Vec<Crossing>,
    /// When which scenario ran.
    pub scenarios: Vec<ScenarioSpan>,
}

/// What happened between two moments.
#[derive(Debug, Clone, Default)]
pub struct Span {
    /// From the start of the test.
    pub start: Duration,
    /// How long.
    pub length: Duration,
    /// Durations of the requests that ended in it.
    pub requests: Trend,
    /// How many requests there were.
    pub count: u64,
    /// Requests with an error code, the codes in the order in which they came up.
    pub errors: Vec<(String, u64)>,
    /// The most active VUs that were seen.
    pub vus: u32,
    /// Iterations that were started.
    pub started: u64,
    /// Iterations that arrival rates planned, and how many of them could not be started.
    pub planned: f64,
    /// See `planned`.
    pub dropped: u64,
}

/// When a scenario ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioSpan {
    /// Its name.
    pub name: String,
    /// Its executor.
    pub executor: String,
    /// From the start of the test to its start.
    pub start: Duration,
    /// How long it went on.
    pub length: Duration,
}

/// The first moment at which a threshold was seen crossed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Crossing {
    selector: String,
    threshold: String,
    at: Duration,
}

/// Error codes that a span tells apart; a run seldom has more than a handful.
const CODES: usize = 12;
/// What later ones are counted under.
const OTHER_CODES: &str = "others";

impl Default for Timeline {
    fn default() -> Self {
        Self {
            spans: Vec::new(),
            width: Duration::from_secs(1),
            crossings: Vec::new(),
            scenarios: Vec::new(),
        }
    }
}

impl Timeline {
    /// More spans than a chart has room for.
    pub const MOST: usize = 300;

    /// Adds a second, unless it is one of the warm-up.
    pub fn follow(&mut self, second: &Second) {
        if !second.warming_up {
            self.push(Span::of(second));
        }
        if !second.scenarios.is_empty() {
            self.scenarios = second.scenarios.iter().map(crate::record::ScenarioState::span).collect();
        }
    }

    /// Adds what happened next.
    pub fn push(&mut self, span: Span) {
        // Readings come a little early or late: half of a second decides.
        let slack = Duration::from_millis(500);
        match self.spans.last_mut() {
            Some(last) if last.length + slack < self.width || span.length < slack => last.merge(&span),
            _ => self.spans.push(span),
        }
        if self.spans.len() > Self::MOST {
            self.thin();
        }
    }

    /// Makes one of each two neighbours.
    fn thin(&mut self) {
        self.width *= 2;
        let mut spans = std::mem::take(&mut self.spans).into_iter();
        while let Some(mut span) = spans.next() {
            if let Some(next) = spans.next() {
                span.merge(&next);
            }
            self.spans.push(span);
        }
    }

    /// Remembers which thresholds are crossed at this moment.
    pub fn judge(&mut self, at: Duration, report: &ThresholdReport) {
        for rule in &report.rules {
            let crossed =
                rule.results.iter().filter(|result| matches!(result.outcome, Outcome::Crossed { .. }));
            for result in crossed {
                let (selector, threshold) = (rule.selector.source(), &result.threshold.label());
                if self.crossed(selector, threshold).is_none() {
                    let (selector, threshold) = (selector.to_owned(), threshold.clone());
                    self.crossings.push(Crossing { selector, threshold, at });
                }
            }
        }
    }

    /// When a threshold was first seen crossed.
    #[must_use]
    pub fn crossed(&self, selector: &str, threshold: &str) -> Option<Duration> {
        let of = |known: &&Crossing| known.selector == selector && known.threshold == threshold;
        self.crossings.iter().find(of).map(|crossing| crossing.at)
    }

    /// What happened, in order.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Whether it knows of any request.
    #[must_use]
    pub fn has_requests(&self) -> bool {
        self.spans.iter().any(|span| span.count > 0)
    }

    /// The error codes of the run with their counts, the most frequent first.
    #[must_use]
    pub fn codes(&self) -> Vec<(String, u64)> {
        let mut whole = Span::default();
        self.spans.iter().for_each(|span| whole.add_errors(&span.errors));
        whole.errors.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        whole.errors
    }

    /// The end of the last span.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.spans.last().map(Span::end).unwrap_or_default()
    }
}

impl Span {
    /// What a curve shows of a second.
    #[must_use]
    pub fn of(second: &Second) -> Self {
        let part = &second.part;
        let requests = match part.total(builtin::HTTP_REQ_DURATION) {
            Some(Sink::Trend(trend)) => trend.clone(),
            _ => Trend::default(),
        };
        Span {
            start: second.at.saturating_sub(second.length),
            length: second.length,
            requests,
            count: whole(part, builtin::HTTP_REQS),
            errors: errors(part),
            vus: second.vus,
            started: second.started,
            planned: second.planned,
            dropped: whole(part, builtin::DROPPED_ITERATIONS),
        }
    }

    /// Takes over what happened right after it.
    pub fn merge(&mut self, next: &Self) {
        self.length = next.end().saturating_sub(self.start);
        self.requests.merge(&next.requests);
        self.count += next.count;
        self.add_errors(&next.errors);
        self.vus = self.vus.max(next.vus);
        self.started += next.started;
        self.planned += next.planned;
        self.dropped += next.dropped;
    }

    fn add_errors(&mut self, errors: &[(String, u64)]) {
        for (code, count) in errors {
            let full = self.errors.len() >= CODES;
            match self.errors.iter_mut().find(|(known, _)| known == code) {
                Some((_, known)) => *known += count,
                None if full => match self.errors.iter_mut().find(|(known, _)| known == OTHER_CODES) {
                    Some((_, known)) => *known += count,
                    None => self.errors.push((OTHER_CODES.to_owned(), *count)),
                },
                None => self.errors.push((code.clone(), *count)),
            }
        }
    }

    /// Its end, from the start of the test.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.start + self.length
    }

    /// Something countable, per second.
    #[must_use]
    pub fn per_second(&self, count: f64) -> f64 {
        if self.length.is_zero() { 0.0 } else { count / self.length.as_secs_f64() }
    }

    /// Requests with an error code.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.errors.iter().map(|(_, count)| count).sum()
    }
}

fn whole(part: &Aggregate, metric: MetricId) -> u64 {
    match part.total(metric) {
        Some(Sink::Counter(counter)) => format::whole(counter.sum),
        _ => 0,
    }
}

/// Requests by error code, in order of the codes.
fn errors(part: &Aggregate) -> Vec<(String, u64)> {
    let mut errors: FxHashMap<&str, u64> = FxHashMap::default();
    for series in part.series_of(builtin::HTTP_REQS) {
        let code = series.tags.value(tag::ERROR_CODE).unwrap_or_default();
        if let (false, Sink::Counter(counter)) = (code.is_empty(), series.sink) {
            *errors.entry(code).or_default() += format::whole(counter.sum);
        }
    }
    let mut errors: Vec<_> = errors.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    errors.sort();
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: u64) -> Span {
        let errors = vec![(format!("{}", 1400 + number % 20), 1)];
        let start = Duration::from_secs(number);
        Span {
            start,
            length: Duration::from_secs(1),
            count: 3,
            errors,
            vus: 2,
            planned: 1.5,
            ..Span::default()
        }
    }

    #[test]
    fn long_runs_are_thinned_and_lose_nothing() {
        for seconds in [1, 299, 300, 301, 1_000, 100_000] {
            let mut timeline = Timeline::default();
            (0..seconds).for_each(|number| timeline.push(second(number)));
            let spans = timeline.spans();
            assert!(spans.len() <= Timeline::MOST, "{seconds} s: {} spans", spans.len());
            assert!(seconds < 300 || spans.len() >= Timeline::MOST / 2, "{seconds} s: {} spans", spans.len());
            assert_eq!(spans.iter().map(|span| span.count).sum::<u64>(), 3 * seconds);
            assert_eq!(spans.iter().map(Span::failed).sum::<u64>(), seconds);
            assert_eq!(timeline.end(), Duration::from_secs(seconds));
            assert!(spans.windows(2).all(|pair| pair[0].end() == pair[1].start), "{seconds} s: no gaps");
            assert!(spans.iter().all(|span| span.errors.len() <= CODES + 1));
        }
    }

    #[test]
    fn codes_are_sorted_by_how_often_they_came() {
        let mut timeline = Timeline::default();
        let error = |code: &str, count| (code.to_owned(), count);
        timeline.push(Span { errors: vec![error("1050", 1), error("1500", 2)], ..second(0) });
        timeline.push(Span { errors: vec![error("1050", 4)], ..second(1) });
        assert_eq!(timeline.codes(), [error("1050", 5), error("1500", 2)]);
    }
}
