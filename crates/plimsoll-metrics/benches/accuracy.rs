//! How exact percentiles are: 10 million samples of five shapes, beside exact sorting.
//!
//! `cargo bench -p plimsoll-metrics --bench accuracy` prints a line a shape, and fails when any percentile is
//! more than 0.2 % off, or when shards that were merged do not say what one shard says.

#![expect(clippy::print_stdout, reason = "a benchmark measures and prints")]

use std::process::ExitCode;

use plimsoll_metrics::{
    Aggregate, MetricKind, Registry, Shard, ShardConfig, Sink, Timestamp, Trend, ValueKind,
};

/// Fewer with `--quick`, as tests run it.
const SAMPLES: usize = 10_000_000;
const QUANTILES: [f64; 9] = [0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];
const ALLOWED: f64 = 0.002;
const SHARDS: usize = 8;

/// Numbers from 0 to 1, the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * (1.0 - self.roll()).ln()).sqrt(), std::f64::consts::TAU * self.roll());
        radius * angle.cos()
    }
}

/// Draws a value.
type Draw = fn(&mut Dice) -> f64;

/// Durations in milliseconds, as targets have them.
const SHAPES: [(&str, Draw); 5] = [
    ("uniform", |dice| 1.0 + 99.0 * dice.roll()),
    ("exponential", |dice| -20.0 * (1.0 - dice.roll()).ln()),
    ("log-normal", |dice| (2.0 + dice.normal()).exp()),
    ("two humps", |dice| {
        let hump = if dice.roll() < 0.9 { 0.3 } else { 250.0 };
        hump * (1.0 + 0.1 * dice.normal()).abs()
    }),
    ("Pareto", |dice| 0.5 / (1.0 - dice.roll()).powf(1.0 / 1.2)),
];

fn main() -> ExitCode {
    let is_quick = std::env::args().any(|argument| argument == "--test" || argument == "--quick");
    let samples = if is_quick { SAMPLES / 100 } else { SAMPLES };
    println!("{:<12} {:>12} {:>10}   {:>12}", "shape", "worst error", "at", "merged");
    let mut is_good = true;
    for (name, shape) in SHAPES {
        let mut dice = Dice(7);
        let mut values: Vec<f64> = (0..samples).map(|_| shape(&mut dice)).collect();
        let (one, merged) = (recorded(&values, 1), recorded(&values, SHARDS));
        values.sort_unstable_by(f64::total_cmp);
        let (error, quantile) = worst(&one, &values);
        let is_same = same(&one, &merged);
        println!(
            "{name:<12} {:>10.4} % {quantile:>10}   {:>12}",
            error * 100.0,
            if is_same { "the same" } else { "DIFFERENT" }
        );
        is_good &= error <= ALLOWED && is_same;
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What an aggregate of so many shards knows.
fn recorded(values: &[f64], shards: usize) -> Trend {
    let registry = Registry::new();
    let metric = registry.declare("wait", MetricKind::Trend, ValueKind::Time).expect("a new name");
    let mut aggregate = Aggregate::new();
    for number in 0..shards {
        let mut shard = Shard::new(ShardConfig::default());
        let tags = shard.tag_set(&[]);
        let series = shard.series(metric, tags);
        let own = values.iter().skip(number).step_by(shards);
        own.for_each(|value| shard.record(series, *value, Timestamp(1)));
        aggregate.absorb(&mut shard);
    }
    match aggregate.total(metric) {
        Some(Sink::Trend(trend)) => trend.clone(),
        _ => unreachable!("samples of a trend were recorded"),
    }
}

/// The largest relative error, and where it is.
fn worst(trend: &Trend, sorted: &[f64]) -> (f64, f64) {
    let error = |quantile: f64| {
        let rank = quantile * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
        let exact = low + (high - low) * rank.fract();
        ((trend.quantile(quantile) - exact).abs() / exact, quantile)
    };
    QUANTILES.map(error).into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("nine quantiles")
}

/// Bucket for bucket; sums of floating point may differ in their last digits by the order of adding.
fn same(one: &Trend, merged: &Trend) -> bool {
    let ends = |trend: &Trend| (trend.count(), trend.min().to_bits(), trend.max().to_bits());
    let sums = (one.sum() - merged.sum()).abs() <= one.sum() * 1e-9;
    ends(one) == ends(merged) && sums && one.positive_buckets().eq(merged.positive_buckets())
}
