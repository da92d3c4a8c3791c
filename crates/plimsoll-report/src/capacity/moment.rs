//! A moment of a run under steered load, reduced to what a search asks of it.

use serde::{Deserialize, Serialize};

/// What was seen in a short time, a quarter of a second say. All samples belong to the moment in which they
/// were taken.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Moment {
    /// How long it was.
    pub seconds: f64,
    /// Iterations under way, on average over time.
    pub in_flight: f64,
    /// Iterations that were started.
    pub started: f64,
    /// How many of those were the first of their VU.
    #[serde(default)]
    pub fresh: f64,
    /// Iterations that ended.
    pub completed: f64,
    /// How long the latter took, together, in seconds.
    pub took: f64,
    /// Iterations that found no VU.
    pub dropped: f64,
    /// Requests that were judged, and how many of them failed.
    pub judged: f64,
    /// See `judged`.
    pub failed: f64,
    /// For each objective, how it stands.
    pub tallies: Vec<Tally>,
    /// Why the generator could not do what was asked of it, if it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// An objective in a moment: a share, or a mean, as a sum over a number. Sums and numbers of several moments
/// add up.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Samples that miss the objective, or the sum of values.
    pub over: f64,
    /// The same with a bound a quarter as high: how far away the objective is.
    pub near: f64,
    /// All samples.
    pub of: f64,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { over: self.over + other.over, near: self.near + other.near, of: self.of + other.of }
    }

    /// The share or mean; zero without samples.
    #[must_use]
    pub fn ratio(self) -> f64 {
        if self.of > 0.0 { self.over / self.of } else { 0.0 }
    }
}

/// Adds up one objective over moments.
#[must_use]
pub fn total(moments: &[Moment], objective: usize) -> Tally {
    let tallies = moments.iter().filter_map(|moment| moment.tallies.get(objective));
    tallies.fold(Tally::default(), |sum, tally| sum.plus(*tally))
}

/// Adds up a figure over moments.
pub(super) fn sum(moments: &[Moment], figure: impl Fn(&Moment) -> f64) -> f64 {
    moments.iter().map(figure).sum()
}

/// The mean number of iterations under way.
pub(super) fn in_flight(moments: &[Moment]) -> f64 {
    let seconds = sum(moments, |moment| moment.seconds);
    if seconds > 0.0 { sum(moments, |moment| moment.in_flight * moment.seconds) / seconds } else { 0.0 }
}
