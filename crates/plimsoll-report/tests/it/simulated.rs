//! Simulated runs: seconds whose latencies rise and fall together, with a truth that is known in closed form.

use std::time::Duration;

use plimsoll_metrics::{Aggregate, MetricKind, Registry, Sink, Tags, Timestamp, builtin};
use plimsoll_report::compare::{Load, Run, Settings, Verdict, compare};
use plimsoll_report::statistics::dice::Dice;
use plimsoll_report::statistics::student;
use plimsoll_report::statistics::{Resampling, Row, Statistic, interval};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How a simulated service behaves. Latencies are log-normal; their level wanders from second to second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    pub(crate) median_ms: f64,
    /// Spread of the logarithm within a second.
    pub(crate) spread: f64,
    /// Spread of the logarithm of a second's level.
    pub(crate) wander: f64,
    /// Correlation of neighbouring seconds' levels.
    pub(crate) memory: f64,
    /// Factor of slow phases; 1 for none.
    pub(crate) burst: f64,
    /// Share of seconds that are slow, and how long a slow phase is on average.
    pub(crate) burst_share: f64,
    pub(crate) burst_seconds: f64,
    /// Requests in a second.
    pub(crate) rate: usize,
    /// Spread of the logarithm of a run's level: what differs between identical runs.
    pub(crate) between: f64,
    pub(crate) failures: f64,
}

impl Service {
    pub(crate) const CALM: Self = Self {
        median_ms: 100.0,
        spread: 0.5,
        wander: 0.0,
        memory: 0.0,
        burst: 1.0,
        burst_share: 0.0,
        burst_seconds: 1.0,
        rate: 100,
        between: 0.0,
        failures: 0.005,
    };

    /// Draws the seconds of one run.
    pub(crate) fn run(&self, seconds: usize, dice: &mut Dice) -> Vec<Sink> {
        let run = self.between * dice.normal();
        let mut level = dice.normal();
        let mut slow = dice.unit() < self.burst_share;
        let mut row = Vec::with_capacity(seconds);
        for _ in 0..seconds {
            let mut sink = Sink::new(MetricKind::Trend);
            let burst = if slow { self.burst.ln() } else { 0.0 };
            let centre = self.median_ms.ln() + run + self.wander * level + burst;
            for _ in 0..self.rate {
                sink.record((centre + self.spread * dice.normal()).exp(), Timestamp(0));
            }
            row.push(sink);
            level = self.memory * level + (1.0 - self.memory.powi(2)).sqrt() * dice.normal();
            let leave = 1.0 / self.burst_seconds;
            let enter = leave * self.burst_share / (1.0 - self.burst_share);
            slow = if slow { dice.unit() >= leave } else { dice.unit() < enter };
        }
        row
    }

    pub(crate) fn row(&self, seconds: usize, dice: &mut Dice) -> Row {
        let run = self.run(seconds, dice);
        Row::of_sinks(run.iter().map(Some), SECOND)
    }

    /// What an endless run would give.
    pub(crate) fn truth(&self, statistic: Statistic) -> f64 {
        let spread = self.spread.hypot(self.wander);
        match statistic {
            Statistic::Mean => {
                let mix = 1.0 + self.burst_share * (self.burst - 1.0);
                self.median_ms * (0.5 * spread * spread).exp() * mix
            }
            Statistic::Quantile(q) => {
                let normal = |x: f64| student::cumulative(x, f64::INFINITY);
                let share = |value: f64| {
                    let x = (value / self.median_ms).ln();
                    (1.0 - self.burst_share) * normal(x / spread)
                        + self.burst_share * normal((x - self.burst.ln()) / spread)
                };
                let (mut low, mut high) = (0.0, 1e6);
                for _ in 0..100 {
                    let middle = 0.5 * (low + high);
                    if share(middle) < q { low = middle } else { high = middle }
                }
                low
            }
            other => unreachable!("{other:?} of latencies"),
        }
    }
}

/// A run of a service with three endpoints, as a record would have it. `slower` multiplies all latencies.
pub(crate) fn run(name: &str, service: &Service, seconds: usize, slower: f64, dice: &mut Dice) -> Run {
    let between = service.between * dice.normal();
    let endpoints = [("GET", "/tickets", 0.6), ("POST", "/tickets", 1.0), ("GET", "/search", 1.8)];
    let rows = endpoints.map(|(_, _, factor)| {
        let median_ms = service.median_ms * factor * slower * between.exp();
        Service { median_ms, rate: service.rate / 3, between: 0.0, ..*service }.run(seconds, dice)
    });
    let seconds = (0..seconds).map(|second| {
        let mut part = Aggregate::new();
        for ((method, name, _), row) in endpoints.iter().zip(&rows) {
            let tags: Tags = [("method", *method), ("name", *name)].into_iter().collect();
            let mut add = |metric, sink: &Sink| part.add(metric, &tags, sink, (Timestamp(0), Timestamp(0)));
            let mut failed = Sink::new(MetricKind::Rate);
            let mut count = Sink::new(MetricKind::Counter);
            for _ in 0..row[second].count() {
                failed.record(f64::from(u8::from(dice.unit() < service.failures)), Timestamp(0));
                count.record(1.0, Timestamp(0));
            }
            add(builtin::HTTP_REQ_DURATION, &row[second]);
            add(builtin::HTTP_REQ_WAITING, &row[second]);
            add(builtin::ITERATION_DURATION, &row[second]);
            add(builtin::HTTP_REQ_FAILED, &failed);
            add(builtin::HTTP_REQS, &count);
        }
        part
    });
    Run {
        name: name.to_owned(),
        load: Load::default(),
        seconds: seconds.collect(),
        registry: Registry::new(),
        rules: Vec::new(),
    }
}

/// The share of pairs of simulated runs that were called different, and of which the 95th percentile was.
pub(crate) fn alarms(service: &Service, seconds: usize, slower: f64, pairs: usize, seed: u64) -> (f64, f64) {
    let (mut any, mut found) = (0, 0);
    for pair in 0..pairs {
        let mut dice = Dice::new(seed * 1_000_003 + pair as u64);
        let base = run("base", service, seconds, 1.0, &mut dice);
        let candidate = run("candidate", service, seconds, slower, &mut dice);
        let comparison = compare(&[base], &[candidate], &Settings::default()).expect("they are alike");
        any += u32::from(matches!(comparison.verdict, Verdict::Worse | Verdict::Better));
        found += u32::from(comparison.answers.iter().any(|answer| {
            let subject = &answer.subject;
            let headline = subject.metric == "http_req_duration" && subject.endpoint.is_none();
            headline && answer.statistic == Statistic::Quantile(0.95) && answer.verdict == Verdict::Worse
        }));
    }
    (f64::from(any) / pairs as f64, f64::from(found) / pairs as f64)
}

/// The share of intervals over simulated runs that hold the truth, and how wide they are on average, as a
/// share of it: an interval that holds everything says nothing.
pub(crate) fn holds(
    service: &Service,
    seconds: usize,
    statistic: Statistic,
    runs: u64,
    seed: u64,
) -> (f64, f64) {
    let truth = service.truth(statistic);
    let mut dice = Dice::new(seed);
    let (mut held, mut width) = (0, 0.0);
    for run in 0..runs {
        let how = Resampling { seed: run, rounds: 300, ..Resampling::default() };
        let estimate =
            interval(&service.row(seconds, &mut dice), statistic, &how).expect("long and full enough");
        held += u32::from((estimate.low..=estimate.high).contains(&truth));
        width += (estimate.high - estimate.low) / truth;
    }
    (f64::from(held) / runs as f64, width / runs as f64)
}
