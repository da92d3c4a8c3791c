//! Simulated runs: seconds whose latencies rise and fall together, with a truth that is known in closed form.

use std::time::Duration;

use plimsoll_metrics::{MetricKind, Sink, Timestamp};
use plimsoll_report::statistics::dice::Dice;
use plimsoll_report::statistics::student;
use plimsoll_report::statistics::{Row, Statistic};

pub const SECOND: Duration = Duration::from_secs(1);

/// How a simulated service behaves. Latencies are log-normal; their level wanders from second to second.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    pub median_ms: f64,
    /// Spread of the logarithm within a second.
    pub spread: f64,
    /// Spread of the logarithm of a second's level.
    pub wander: f64,
    /// Correlation of neighbouring seconds' levels.
    pub memory: f64,
    /// Factor of slow phases; 1 for none.
    pub burst: f64,
    /// Share of seconds that are slow, and how long a slow phase is on average.
    pub burst_share: f64,
    pub burst_seconds: f64,
    /// Requests in a second.
    pub rate: usize,
    /// Spread of the logarithm of a run's level: what differs between identical runs.
    pub between: f64,
    pub failures: f64,
}

impl Service {
    pub const CALM: Self = Self {
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
    pub fn run(&self, seconds: usize, dice: &mut Dice) -> Vec<Sink> {
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

    pub fn row(&self, seconds: usize, dice: &mut Dice) -> Row {
        let run = self.run(seconds, dice);
        Row::of_sinks(run.iter().map(Some), SECOND)
    }

    /// What an endless run would give.
    pub fn truth(&self, statistic: Statistic) -> f64 {
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
