//! Synthetic plateaus: services that follow the scalability law with known parameters, and some that do not.

use plimsoll_report::scalability::{Law, Model, Plateau, Refusal, fit};
use plimsoll_report::statistics::dice::Dice;

/// `count` plateaus of a service from one request at a time to `top`, evenly on a logarithmic scale, with
/// noise.
pub(crate) fn plateaus(
    throughput: impl Fn(f64) -> f64,
    (count, top): (usize, f64),
    noise: f64,
    dice: &mut Dice,
) -> Vec<Plateau> {
    let mut plateau = |number: usize| {
        let concurrency = top.powf(number as f64 / (count - 1) as f64);
        let throughput = throughput(concurrency) * (noise * dice.normal()).exp();
        Plateau { concurrency, throughput, latency: concurrency / throughput }
    };
    (0..count).map(&mut plateau).collect()
}

/// A law: 10 to 1,000 requests a second for one at a time, contention of 2 to 15 %, a peak at 20 to 100
/// requests.
pub(crate) fn law(dice: &mut Dice) -> Law {
    let lambda = 10f64.powf(1.0 + 2.0 * dice.unit());
    let alpha = 0.02 + 0.13 * dice.unit();
    let peak = 20.0 + 80.0 * dice.unit();
    Law { lambda, alpha, beta: (1.0 - alpha) / (peak * peak) }
}

/// The name of a number of a model, its value in the fit, whether its interval holds the truth, and the
/// truth.
pub(crate) type Recovered = [(&'static str, f64, bool); 5];

/// Fits plateaus of a random law from one request to three times its peak. For each number: what was found
/// over what is true, and whether the interval holds the truth.
pub(crate) fn recover(count: usize, noise: f64, seed: u64) -> Result<Recovered, Refusal> {
    let mut dice = Dice::new(seed);
    let law = law(&mut dice);
    let peak = law.peak_concurrency().expect("it has one");
    let model: Model = fit(&plateaus(|n| law.throughput(n), (count, 3.0 * peak), noise, &mut dice), seed)?;
    let place = model.peak.map(|peak| peak.concurrency);
    let found = [
        ("λ", law.lambda, Some(model.lambda)),
        ("α", law.alpha, Some(model.alpha)),
        ("β", law.beta, Some(model.beta)),
        ("N*", peak, place),
        ("X(N*)", law.ceiling(), Some(model.ceiling)),
    ];
    Ok(found.map(|(name, truth, range)| {
        let holds = range.is_some_and(|range| (range.low..=range.high).contains(&truth));
        (name, range.map_or(0.0, |range| range.value) / truth, holds)
    }))
}

const WELL_BEHAVED: Law = Law { lambda: 100.0, alpha: 0.05, beta: 0.0005 };

/// Throughput by concurrency.
type Service = fn(f64) -> f64;

/// Services that do not follow the law.
pub(crate) const OTHERS: [(&str, Service); 7] = [
    ("only linear", |n| 100.0 * n),
    ("a cliff", |n| WELL_BEHAVED.throughput(n) * if n < 40.0 { 1.0 } else { 0.3 }),
    ("two modes", |n| WELL_BEHAVED.throughput(n) * if n < 15.0 { 1.0 } else { 1.4 }),
    ("a step down", |n| WELL_BEHAVED.throughput(n) * if n < 15.0 { 1.0 } else { 0.7 }),
    ("oscillating", |n| WELL_BEHAVED.throughput(n) * (1.0 + 0.15 * (4.0 * n.ln()).sin())),
    ("a hard ceiling", |n| (100.0 * n).min(2_000.0)),
    ("only falling", |n| 1_000.0 * n.powf(-0.3)),
];

/// Whether 10 plateaus of such a service, from 1 to 100 requests at a time, are refused.
pub(crate) fn is_refused(throughput: fn(f64) -> f64, noise: f64, seed: u64) -> bool {
    fit(&plateaus(throughput, (10, 100.0), noise, &mut Dice::new(seed)), seed).is_err()
}
