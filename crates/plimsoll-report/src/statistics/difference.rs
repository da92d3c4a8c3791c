//! How much two sides differ in a statistic, and how surely.
//!
//! *One run a side.* Both rows are resampled together, the same seconds of both: what the schedule does to a
//! second, such as a ramp, it does to both, and it cancels. Where the runs have nothing in common, nothing is
//! lost by it. What a single run cannot show is how much two *identical* runs differ: caches, scheduling,
//! neighbours on the machine. That is assumed ([`Noise`]), and added.
//!
//! *Several runs a side.* Their own differences say how much identical runs differ, from three a side on.

use super::blocks::{self, Dependence};
use super::dice::Dice;
use super::interval::{Refusal, Resampling, enough};
use super::row::{Row, Statistic};
use super::student;

/// How statistics are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// By the logarithm of their ratio: latencies, throughput.
    Ratio,
    /// By their difference: shares, and whatever may be zero or negative.
    Difference,
}

/// The spread of identical runs that is assumed where runs are too few to show it: of the logarithm of a
/// value, or, for [`Scale::Difference`], as a share of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise(pub f64);

/// How much a statistic of the candidate differs from the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The statistic of the base; of several runs their mean.
    pub base: f64,
    /// That of the candidate.
    pub candidate: f64,
    /// How `effect` is to be read.
    pub scale: Scale,
    /// Candidate over base, as a logarithm, or candidate minus base.
    pub effect: f64,
    /// The standard error of `effect`.
    pub error: f64,
    /// Degrees of freedom of Student's t that goes with it.
    pub freedom: f64,
}

impl Difference {
    /// The probability of an effect at least as large if there were none.
    #[must_use]
    pub fn p(&self) -> f64 {
        if self.error > 0.0 {
            student::two_sided(self.effect / self.error, self.freedom)
        } else {
            f64::from(u8::from(self.effect == 0.0))
        }
    }

    /// From where to where the effect may be.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let half = student::critical(confidence, self.freedom) * self.error;
        (self.effect - half, self.effect + half)
    }
}

/// The difference of two sides, each of one or more runs.
///
/// # Errors
/// A row is too short, or holds too few samples.
///
/// # Panics
/// If a side has no run.
pub fn difference(
    base: &[Row],
    candidate: &[Row],
    statistic: Statistic,
    noise: Noise,
    how: &Resampling,
) -> Result<Difference, Refusal> {
    assert!(!base.is_empty() && !candidate.is_empty(), "both sides have runs");
    let values = |side: &[Row]| side.iter().map(|row| value(row, statistic)).collect::<Result<Vec<_>, _>>();
    let (of_base, of_candidate) = (values(base)?, values(candidate)?);
    let positive = of_base.iter().chain(&of_candidate).all(|value| *value > 0.0);
    let scale = if positive && statistic != Statistic::Share { Scale::Ratio } else { Scale::Difference };
    let within = match (base, candidate) {
        ([base], [candidate]) if base.len() == candidate.len() => {
            paired(base, candidate, statistic, scale, how)
        }
        _ => apart(base, statistic, scale, how).plus(&apart(candidate, statistic, scale, how)),
    };
    let sides = [Level::of(&of_base, scale), Level::of(&of_candidate, scale)];
    let effect = sides[1].mean - sides[0].mean;
    let error = with_runs(within, &sides, noise.of(scale, &of_base));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Ok(Difference {
        base: mean(&of_base),
        candidate: mean(&of_candidate),
        scale,
        effect,
        error: error.variance.sqrt(),
        freedom: error.freedom(),
    })
}

fn value(row: &Row, statistic: Statistic) -> Result<f64, Refusal> {
    enough(row, statistic)?;
    row.value(statistic).ok_or(Refusal::FewSamples { has: 0, needs: 1 })
}

impl Scale {
    fn level(self, value: f64) -> f64 {
        if self == Self::Ratio { value.ln() } else { value }
    }
}

impl Noise {
    fn of(self, scale: Scale, values: &[f64]) -> f64 {
        match scale {
            Scale::Ratio => self.0,
            Scale::Difference => self.0 * values.iter().sum::<f64>().abs() / values.len() as f64,
        }
    }
}

/// A variance, and how well it is known: the sum of squares over degrees of freedom (Welch and
/// Satterthwaite).
#[derive(Debug, Clone, Copy, Default)]
struct Variance {
    variance: f64,
    doubt: f64,
}

impl Variance {
    fn known(variance: f64) -> Self {
        Self { variance, doubt: 0.0 }
    }

    fn estimated(variance: f64, freedom: f64) -> Self {
        Self { variance, doubt: variance * variance / freedom }
    }

    fn plus(self, other: &Self) -> Self {
        Self { variance: self.variance + other.variance, doubt: self.doubt + other.doubt }
    }

    fn over(self, n: f64) -> Self {
        Self { variance: self.variance / (n * n), doubt: self.doubt / n.powi(4) }
    }

    fn freedom(&self) -> f64 {
        if self.doubt > 0.0 { self.variance * self.variance / self.doubt } else { f64::INFINITY }
    }
}

/// The runs of one side.
struct Level {
    runs: f64,
    mean: f64,
    /// Squared distances from the mean.
    squares: f64,
}

impl Level {
    fn of(values: &[f64], scale: Scale) -> Self {
        let levels: Vec<f64> = values.iter().map(|value| scale.level(*value)).collect();
        let runs = levels.len() as f64;
        let mean = levels.iter().sum::<f64>() / runs;
        Self { runs, mean, squares: levels.iter().map(|level| (level - mean).powi(2)).sum() }
    }
}

/// Degrees of freedom from which on the runs themselves are believed.
const ENOUGH_RUNS: f64 = 4.0;

/// Adds how much identical runs differ.
fn with_runs(within: Variance, [base, candidate]: &[Level; 2], noise: f64) -> Variance {
    let freedom = base.runs + candidate.runs - 2.0;
    let share = 1.0 / base.runs + 1.0 / candidate.runs;
    let assumed = within.plus(&Variance::known(noise * noise * share));
    if freedom < 1.0 {
        return assumed;
    }
    let seen = Variance::estimated((base.squares + candidate.squares) / freedom * share, freedom);
    let least = if freedom < ENOUGH_RUNS { assumed } else { within };
    // Runs that happen to agree do not make their seconds any steadier.
    if seen.variance > least.variance { seen } else { least }
}

/// One run a side, the same seconds of both.
fn paired(base: &Row, candidate: &Row, statistic: Statistic, scale: Scale, how: &Resampling) -> Variance {
    let pulls = [base, candidate].map(|row| relative_influence(row, statistic, scale));
    let influence: Vec<f64> =
        pulls[1].iter().zip(&pulls[0]).map(|(candidate, base)| candidate - base).collect();
    let resampled = |weights: &[u32]| {
        let values = [base, candidate].map(|row| row.weighted(statistic, weights));
        Some(scale.level(values[1]?) - scale.level(values[0]?))
    };
    spread(&influence, resampled, how).plus(&sampling([base, candidate], statistic, &influence))
}

/// The runs of one side: the variance of their mean.
fn apart(side: &[Row], statistic: Statistic, scale: Scale, how: &Resampling) -> Variance {
    let of = |row: &Row| {
        let influence = relative_influence(row, statistic, scale);
        let resampled = |weights: &[u32]| Some(scale.level(row.weighted(statistic, weights)?));
        spread(&influence, resampled, how).plus(&sampling([row], statistic, &influence))
    };
    let sum = side.iter().map(of).fold(Variance::default(), |sum, one| sum.plus(&one));
    sum.over(side.len() as f64)
}

/// The influence of parts in the units of the scale, up to a factor that both sides share.
fn relative_influence(row: &Row, statistic: Statistic, scale: Scale) -> Vec<f64> {
    let per = match (scale, statistic) {
        (Scale::Ratio, Statistic::Mean | Statistic::PerSecond) => row.sum(),
        _ => row.samples(),
    };
    row.influence(statistic).into_iter().map(|pull| pull / per.abs().max(f64::MIN_POSITIVE)).collect()
}

/// The variance that resamples show, scaled to what their blocks are worth.
fn spread(influence: &[f64], statistic: impl FnMut(&[u32]) -> Option<f64>, how: &Resampling) -> Variance {
    let dependence = Dependence::of(influence);
    let mut statistic = statistic;
    let mut dice = Dice::new(how.seed);
    let mut weights = vec![0; influence.len()];
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for _ in 0..how.rounds {
        blocks::resample(&mut weights, dependence.length, &mut dice);
        let Some(value) = statistic(&weights).filter(|value| value.is_finite()) else { continue };
        n += 1.0;
        let off = value - mean;
        mean += off / n;
        squares += off * (value - mean);
    }
    let variance = if n > 1.0 { squares / (n - 1.0) } else { 0.0 };
    Variance::estimated(variance * dependence.scale * dependence.scale, dependence.freedom)
}

/// Resamples of shares without a failure all agree; what independent samples would not tell is added then
/// (Agresti and Coull 1998).
fn sampling<const N: usize>(rows: [&Row; N], statistic: Statistic, influence: &[f64]) -> Variance {
    if statistic != Statistic::Share || influence.iter().any(|pull| *pull != 0.0) {
        return Variance::default();
    }
    let variance = |row: &Row| {
        let (samples, share) = (row.samples() + 4.0, (row.sum() + 2.0) / (row.samples() + 4.0));
        share * (1.0 - share) / samples
    };
    Variance::known(rows.into_iter().map(variance).sum())
}
