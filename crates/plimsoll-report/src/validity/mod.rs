//! Whether a measurement can be trusted: a verdict apart from what was measured.
//!
//! Thresholds and goals judge the target; this judges the generator and the machine it ran on. Others observe
//! ([`Vitals`]) and measure (an [`Aggregate`](plimsoll_metrics::Aggregate)); both are put together for a run
//! or any part of it ([`Observations`]), and [`judge`] holds them against one table ([`RULES`]). Nothing here
//! reads a clock or a file.

mod observations;
mod rules;
mod vitals;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use self::observations::{CeilingUse, Observations};
pub use self::rules::{RULES, Rule};
pub use self::vitals::{Delays, Vitals};

/// How far a measurement can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Trust {
    /// Nothing speaks against it.
    #[default]
    Valid,
    /// Some of the numbers may be the generator's rather than the target's.
    Suspect,
    /// They are not the target's.
    Invalid,
}

impl Trust {
    /// The word for it, in capitals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Suspect => "SUSPECT",
            Self::Invalid => "INVALID",
        }
    }
}

/// Who is at fault when a measurement cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The generator, or the machine it runs on, could not do what was asked: another run with less load for
    /// each machine would be better.
    Generator,
    /// What was planned could not be done with what was planned for it: too few VUs, or a target too slow for
    /// them.
    Plan,
    /// What was recorded is incomplete; the load itself was what it should be.
    Record,
}

/// One thing that speaks against a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The name of the rule, such as `loop-delay`.
    pub rule: Cow<'static, str>,
    /// How grave it is; never [`Trust::Valid`].
    pub verdict: Trust,
    /// Who is at fault.
    pub blame: Blame,
    /// What was observed: a clause with its numbers.
    pub observed: String,
    /// What that does to the numbers.
    pub why: Cow<'static, str>,
    /// What to do about it.
    pub hint: Cow<'static, str>,
}

/// The verdict on a measurement.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Validity {
    /// The gravest of the reasons; valid without any.
    pub verdict: Trust,
    /// What speaks against the measurement, the gravest first.
    pub reasons: Vec<Reason>,
    /// The generator in a few figures, whatever the verdict is: CPU, delays, share of the ceiling.
    pub figures: Vec<String>,
}

impl Validity {
    /// The verdict as a sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        match (self.verdict, self.reasons.first()) {
            (Trust::Valid, _) | (_, None) => "the measurement is VALID".to_owned(),
            (verdict, Some(first)) => {
                let more = match self.reasons.len() - 1 {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                format!("the measurement is {}: {}{more}", verdict.as_str(), first.observed)
            }
        }
    }
}

/// Judges a run, or a part of one.
#[must_use]
pub fn judge(observations: &Observations) -> Validity {
    let mut reasons: Vec<Reason> = RULES.iter().filter_map(|rule| rule.judge(observations)).collect();
    // Stable: reasons of the same weight stay in the order of the table.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    let verdict = reasons.first().map_or(Trust::Valid, |reason| reason.verdict);
    Validity { verdict, reasons, figures: observations.figures() }
}
