//! The fit with intervals: accepted, or refused with the reason.

use super::doubts::{self, Pattern};
use super::{Law, Plateau};
use crate::statistics::dice::Dice;
use crate::statistics::student;

/// From where to where a number may be, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The best guess.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The concurrency at which throughput is highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Requests under way.
    pub concurrency: Range,
    /// Throughput there.
    pub throughput: Range,
}

/// A law that the plateaus do not contradict, and how sure its numbers are.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The best fit.
    pub law: Law,
    /// Throughput of one request at a time.
    pub lambda: Range,
    /// Contention.
    pub alpha: Range,
    /// Coherency.
    pub beta: Range,
    /// What throughput cannot exceed; at the peak, if there is one.
    pub ceiling: Range,
    /// Where throughput begins to fall; `None` if the plateaus do not show that it ever does.
    pub peak: Option<Peak>,
    /// The share of the variance of throughput that the law explains.
    pub r_squared: f64,
    /// The typical distance of a plateau from the law, as a share.
    pub scatter: f64,
    /// Plateaus it was fitted to.
    pub plateaus: usize,
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Three parameters and something to judge them by take more.
    #[error("{has} different plateaus are too few for a model, expected at least {FEWEST}")]
    FewPlateaus {
        /// How many different ones there are.
        has: usize,
    },
    /// A plateau was not in a steady state.
    #[error(
        "the plateau of {throughput:.0}/s does not obey Little's law: {concurrency:.1} requests were under way, but \
         throughput times latency is {expected:.1}; it was not in a steady state"
    )]
    NotSteady {
        /// Its throughput.
        throughput: f64,
        /// Its concurrency.
        concurrency: f64,
        /// Throughput times latency.
        expected: f64,
    },
    /// Throughput only grows: where it stops is beyond what was tried.
    #[error(
        "the plateaus do not reach the knee: at the highest load {efficiency:.0} % of the throughput of a perfectly \
         parallel service are left, expected at most {MOST_EFFICIENT:.0} %"
    )]
    NoKnee {
        /// In percent.
        efficiency: f64,
    },
    /// Throughput only falls: where it grew is below what was tried.
    #[error(
        "{has} plateaus lie below the peak of throughput, expected at least {FEWEST_RISING}: begin at lower loads"
    )]
    NoRise {
        /// How many do.
        has: usize,
    },
    /// Plateaus lie on both sides of any such curve.
    #[error(
        "the plateaus lie {scatter:.1} % off the nearest curve of the law, expected at most {MOST_SCATTER:.0} %: \
         either they are noise, or the service does not behave like that"
    )]
    Scattered {
        /// In percent.
        scatter: f64,
    },
    /// The distances from the curve are not random.
    #[error(
        "the plateaus leave the curve in a pattern that noise shows in {p:.1} % of the cases only: the service has a \
         step, a cliff, a hard limit or a wave that the law does not know"
    )]
    Patterned {
        /// In percent.
        p: f64,
    },
    /// The numbers are not known well enough to be of use.
    #[error(
        "the highest throughput lies anywhere from {low:.0}/s to {high:.0}/s: more or longer plateaus are needed"
    )]
    Uncertain {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
}

/// Plateaus that a model takes.
const FEWEST: usize = 6;
/// Those of them below the peak.
const FEWEST_RISING: usize = 3;
/// In percent: with more, contention and coherency hardly show, and both are guessed.
const MOST_EFFICIENT: f64 = 75.0;
/// In percent.
const MOST_SCATTER: f64 = 5.0;
/// Little's law holds to within this share; mean latency and concurrency are averages over slightly different
/// requests at the ends of a plateau.
const OFF_LITTLE: f64 = 0.1;
/// Noise is taken for a pattern in that share of the cases, for each of two ways to look.
const PATTERN: f64 = 0.005;
/// An interval of the ceiling may reach so far in relation to it.
const WIDEST: f64 = 0.5;
/// The ends of the interval of a peak may be that far apart, as a factor; otherwise its place is not known.
const WIDEST_PEAK: f64 = 4.0;

/// Fits the law to plateaus, in any order.
///
/// # Errors
/// The plateaus do not make a model; the error says why.
pub fn fit(plateaus: &[Plateau], seed: u64) -> Result<Model, Refusal> {
    let plateaus = steady(plateaus)?;
    let law = Law::nearest(&plateaus).ok_or(Refusal::Scattered { scatter: f64::INFINITY })?;
    refuse_span(&plateaus, &law)?;
    let scatter = doubts::spread(&law.residuals(&plateaus));
    if 100.0 * scatter > MOST_SCATTER {
        return Err(Refusal::Scattered { scatter: 100.0 * scatter });
    }
    let pattern = Pattern::of(&plateaus, &law, seed);
    let p = pattern.neighbours.min(pattern.broken);
    if p < PATTERN {
        return Err(Refusal::Patterned { p: 100.0 * p });
    }
    let model = with_intervals(&plateaus, law, scatter, seed);
    let Range { value, low, high } = model.ceiling;
    if high - low > WIDEST * value || !high.is_finite() {
        return Err(Refusal::Uncertain { low, high });
    }
    Ok(model)
}

/// The plateaus in order, if they are enough, and each of them in a steady state.
fn steady(plateaus: &[Plateau]) -> Result<Vec<Plateau>, Refusal> {
    let mut usable: Vec<_> = plateaus.iter().copied().filter(Plateau::is_usable).collect();
    usable.sort_by(|a, b| a.concurrency.total_cmp(&b.concurrency));
    let mut distinct: Vec<f64> = usable.iter().map(|plateau| plateau.concurrency).collect();
    distinct.dedup_by(|next, last| *next < 1.02 * *last);
    if distinct.len() < FEWEST {
        return Err(Refusal::FewPlateaus { has: distinct.len() });
    }
    match usable.iter().find(|plateau| plateau.off_littles_law() > OFF_LITTLE) {
        Some(Plateau { concurrency, throughput, latency }) => Err(Refusal::NotSteady {
            throughput: *throughput,
            concurrency: *concurrency,
            expected: throughput * latency,
        }),
        None => Ok(usable),
    }
}

fn refuse_span(plateaus: &[Plateau], law: &Law) -> Result<(), Refusal> {
    let peak = law.peak_concurrency().unwrap_or(f64::INFINITY);
    let rising = if law.alpha < 1.0 { plateaus.iter().filter(|p| p.concurrency < peak).count() } else { 0 };
    if rising < FEWEST_RISING {
        return Err(Refusal::NoRise { has: rising });
    }
    // Against the lowest load: below one request at a time the law's own λ is an extrapolation.
    let (first, last) = (plateaus[0].concurrency, plateaus[plateaus.len() - 1].concurrency);
    let efficiency = 100.0 * law.efficiency(last) / law.efficiency(first);
    if efficiency > MOST_EFFICIENT {
        return Err(Refusal::NoKnee { efficiency });
    }
    Ok(())
}

/// Resamples of the residuals, each fitted again (Efron and Tibshirani 1993, chapter 9).
fn with_intervals(plateaus: &[Plateau], law: Law, scatter: f64, seed: u64) -> Model {
    const ROUNDS: usize = 1_000;
    let residuals = law.residuals(plateaus);
    let freedom = residuals.len() as f64 - 3.0;
    let inflated = (residuals.len() as f64 / freedom).sqrt();
    let mut dice = Dice::new(seed);
    let laws: Vec<Law> = (0..ROUNDS)
        .filter_map(|_| {
            let noise = || inflated * residuals[dice.below(residuals.len())];
            Law::nearest(&doubts::with_noise(plateaus, &law, noise))
        })
        .collect();
    let stretch = student::critical(0.95, freedom) / student::critical(0.95, f64::INFINITY);
    let range = |number: fn(&Law) -> f64| Range::of(number(&law), laws.iter().map(number).collect(), stretch);
    let ceiling = range(Law::ceiling);
    let concurrency = range(|law| law.peak_concurrency().unwrap_or(f64::INFINITY));
    let known = concurrency.high.is_finite() && concurrency.high < WIDEST_PEAK * concurrency.low.max(1e-9);
    Model {
        law,
        lambda: range(|law| law.lambda),
        alpha: range(|law| law.alpha),
        beta: range(|law| law.beta),
        ceiling,
        peak: known.then_some(Peak { concurrency, throughput: ceiling }),
        r_squared: r_squared(plateaus, &law),
        scatter,
        plateaus: plateaus.len(),
    }
}

impl Range {
    /// The middle 95 % of resampled values, moved away from the value by a factor; none of them is negative.
    fn of(value: f64, mut resampled: Vec<f64>, stretch: f64) -> Self {
        resampled.sort_by(f64::total_cmp);
        let Some(last) = resampled.len().checked_sub(1) else {
            return Self { value, low: 0.0, high: f64::INFINITY };
        };
        let at = |q: f64| resampled[(q * last as f64).round() as usize];
        let away = |end: f64| if end.is_finite() { value + stretch * (end - value) } else { end };
        let (low, high) = (away(at(0.025)).max(0.0), away(at(0.975)));
        Self { value, low: low.min(value), high: high.max(value) }
    }
}

fn r_squared(plateaus: &[Plateau], law: &Law) -> f64 {
    let mean = plateaus.iter().map(|p| p.throughput).sum::<f64>() / plateaus.len() as f64;
    let all: f64 = plateaus.iter().map(|p| (p.throughput - mean).powi(2)).sum();
    let left: f64 = plateaus.iter().map(|p| (p.throughput - law.throughput(p.concurrency)).powi(2)).sum();
    1.0 - left / all.max(f64::MIN_POSITIVE)
}
