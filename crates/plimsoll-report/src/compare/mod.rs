//! Is this build slower than that one? Two sides of one or more runs, metric by metric and endpoint by
//! endpoint.
//!
//! ```text
//! records ─► Run  ─► comparable?  ─► the same seconds of each, without their transient
//!                                     └► questions ─► difference, interval ─► corrected for their number
//!                                                                              └► better, worse, same,
//!   cannot tell
//! ```
//!
//! What is promised is a rate of false alarms per *comparison*, not per number in it: two sides of the same
//! build are called different in at most one comparison of twenty. Three things keep it: seconds are
//! resampled in blocks ([`statistics`](crate::statistics)), identical runs are assumed to differ a little,
//! and all questions are corrected together. What is smaller than the smallest effect of interest is never an
//! alarm.
//!
//! | module | subject |
//! |---|---|
//! | [`run`] | a run as it is compared: its seconds, and the load it was under |
//! | `comparable` | whether two sides can be compared at all |
//! | `questions` | what is asked, and which way is better |
//! | [`judge`](compare) | the answers |
//! | [`capacity`] | two searches for the capacity instead of two runs |
//! | [`text`], [`json`], [`markdown`] | how they are written |

pub mod capacity;
mod comparable;
pub mod json;
mod judge;
pub mod markdown;
mod questions;
pub mod run;
pub mod text;

pub use comparable::NotComparable;
pub use judge::compare;
pub use questions::{Direction, Subject};
pub use run::{Load, Run};

use std::time::Duration;

use plimsoll_metrics::ValueKind;

use crate::statistics::{Difference, Refusal, Scale, Statistic};

/// What a comparison is held to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The smallest effect of interest, as a share of the value.
    pub min_effect: f64,
    /// The smallest difference of times that is of interest, in milliseconds.
    pub min_time_ms: f64,
    /// How much identical runs are assumed to differ where there are too few to see it; a standard deviation,
    /// as a share of the value.
    pub run_noise: f64,
    /// What of the beginning does not count.
    pub cut: Cut,
    /// Whether sides that should not be compared are compared all the same.
    pub anyway: bool,
    /// Decides the resamples.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { min_effect: 0.05, min_time_ms: 0.1, run_noise: 0.01, cut: Cut::Detect, anyway: false, seed: 1 }
    }
}

/// What of the beginning of each run does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Until the median latency of seconds has settled in all runs.
    Detect,
    /// So long.
    Fixed(Duration),
}

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The candidate is worse, by at least the smallest effect of interest.
    Worse,
    /// It is better, by at least that.
    Better,
    /// It may be either.
    CannotTell,
    /// Whatever difference there is, it is smaller than that.
    Same,
    /// Neither way is better; the numbers are shown.
    Shown,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::CannotTell => "cannot tell",
            Self::Same => "same",
            Self::Shown => "–",
        }
    }
}

/// One question and its answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was compared.
    pub subject: Subject,
    /// Which number of it.
    pub statistic: Statistic,
    /// What it is measured in.
    pub contains: ValueKind,
    /// Which way is better.
    pub direction: Direction,
    /// The difference, or why there is none to tell.
    pub outcome: Result<Measured, Refusal>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// A difference, and what makes it one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The difference.
    pub difference: Difference,
    /// Its 95 % interval.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// The smallest effect of interest, on the scale of the difference.
    pub floor: f64,
    /// What the interval has to stay within for the two to be called the same.
    pub margin: f64,
    /// The probability of such a difference between two sides of the same build, corrected for the number of
    /// questions.
    pub p: f64,
}

impl Measured {
    /// A number of the difference's scale as a share of the base, or, for shares, as a difference.
    #[must_use]
    pub fn change(&self, effect: f64) -> f64 {
        match self.difference.scale {
            Scale::Ratio => effect.exp_m1(),
            Scale::Difference => effect,
        }
    }
}

/// Two sides compared.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The runs of the base.
    pub base: Vec<String>,
    /// Those of the candidate.
    pub candidate: Vec<String>,
    /// Seconds of each run that were compared.
    pub seconds: usize,
    /// Seconds at the beginning that were left out.
    pub cut: usize,
    /// What is unequal, or makes the answers less sure.
    pub warnings: Vec<String>,
    /// The answers, the most important first.
    pub answers: Vec<Answer>,
    /// Questions that had an answer other than *shown*.
    pub questions: usize,
    /// All answers together.
    pub verdict: Verdict,
    /// What they were held to.
    pub settings: Settings,
}
