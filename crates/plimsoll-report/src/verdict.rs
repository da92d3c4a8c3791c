//! What the run amounts to in one line, and what a reader must know before trusting the numbers.

use std::fmt;

use plimsoll_metrics::{NoDataPolicy, Outcome, Threshold, ThresholdResult};

use crate::format;
use crate::goals::GoalRow;
use crate::model::{Dropped, Summary, ThresholdRow};
use crate::text::{decided, measured, span};

/// What the run came to in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It came to its end, every threshold holds, and no goal is violated.
    Passed,
    /// At least one does not, or the script marked the run as failed.
    Failed,
    /// It ended before its plan, and nothing failed it so far: nobody knows what would have.
    Incomplete,
    /// It came to its end, and there were neither thresholds nor goals.
    Unjudged,
}

impl Verdict {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Unjudged => "not judged",
        }
    }
}

/// How many thresholds came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The condition holds.
    pub passed: u64,
    /// The condition does not hold.
    pub crossed: u64,
    /// There was nothing to judge.
    pub no_data: u64,
}

impl Summary {
    /// What the run came to in one word.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let broken = self.failing().next().is_some() || self.goals.iter().any(|row| row.fails(self));
        if broken || self.run.marked_failed.is_some() {
            Verdict::Failed
        } else if self.run.ended_early.is_some() {
            Verdict::Incomplete
        } else if self.thresholds.is_empty() && self.goals.is_empty() {
            Verdict::Unjudged
        } else {
            Verdict::Passed
        }
    }

    /// How many thresholds came out how.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for result in self.thresholds.iter().flat_map(|row| &row.results) {
            match result.outcome {
                Outcome::Passed { .. } => tally.passed += 1,
                Outcome::Crossed { .. } => tally.crossed += 1,
                Outcome::NoData { .. } => tally.no_data += 1,
            }
        }
        tally
    }

    /// The threshold rows that fail the run.
    pub fn failing(&self) -> impl Iterator<Item = &ThresholdRow> {
        self.thresholds
            .iter()
            .filter(|row| row.results.iter().any(|result| result.outcome.fails(self.no_data)))
    }

    /// The verdict as a sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let verdict = self.verdict();
        let first = match verdict {
            Verdict::Unjudged => return "no thresholds: nothing was judged".to_owned(),
            Verdict::Failed if self.run.marked_failed.is_some() => Some("the script marked it as failed"),
            Verdict::Incomplete => Some("it ended early"),
            Verdict::Passed | Verdict::Failed => None,
        };
        let mut parts: Vec<String> = first.map(str::to_owned).into_iter().collect();
        parts.extend(self.thresholds_in_short());
        parts.extend(self.goals_in_short());
        if parts.len() == 1 && verdict == Verdict::Incomplete {
            parts.push("nothing was judged".to_owned());
        }
        format!("{}: {}", verdict.as_str(), parts.join("; "))
    }

    /// What the thresholds amount to; `None` without thresholds.
    fn thresholds_in_short(&self) -> Option<String> {
        let Tally { passed, crossed, no_data } = self.tally();
        let all = passed + crossed + no_data;
        let failed = self.failing().next().is_some();
        Some(match all {
            0 => return None,
            1 if passed == 1 => "the one threshold holds".to_owned(),
            _ if passed == all => format!("all {all} thresholds hold"),
            _ if !failed => {
                format!("{passed} of {} hold, {no_data} had no data", format::counted(all, "threshold"))
            }
            _ => {
                let parts = [(crossed, "crossed"), (no_data, "without data")];
                let parts: Vec<_> =
                    parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
                format!("of {}, {}", format::counted(all, "threshold"), parts.join(", "))
            }
        })
    }

    /// What a reader must know before trusting the numbers, the gravest first.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.ends();
        notes.extend(self.remarks());
        notes
    }

    /// Why the run has not passed, whatever its thresholds and goals say.
    pub(crate) fn ends(&self) -> Vec<String> {
        let marked = self.run.marked_failed.iter();
        let marked = marked.map(|why| format!("the script marked the test as failed: {why}"));
        self.run.ended_early.iter().cloned().chain(marked).collect()
    }

    /// The notes that by themselves speak against no run.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(self.silence());
        notes.extend(self.unfinished());
        if self.run.validity.is_none() {
            // The reasons for the verdict on the measurement say it else.
            notes.extend(self.lost());
        }
        if self.no_data == NoDataPolicy::LikeK6 && self.tally().no_data > 0 {
            notes.push("thresholds without data count as in k6, as asked for".to_owned());
        }
        notes.extend(self.run.notes.iter().cloned());
        notes
    }

    fn silence(&self) -> Option<String> {
        let failed = format::counted(self.failures.transport(), "request");
        match (self.failures.silent_since()?, self.failures.last_response) {
            (_, None) => Some(format!("no response ever arrived: {failed} failed; was the target up?")),
            (since, Some(_)) => Some(format!(
                "no response arrived after {} of {}: did the target stop?",
                format::moment(since),
                format::moment(self.run.duration)
            )),
        }
    }

    fn unfinished(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(warm_up) = &self.warm_up {
            let length = format::moment(warm_up.duration);
            notes.push(format!("{length} of warm-up are kept apart: no threshold has seen them"));
        }
        if self.run.complete_iterations == 0 && self.run.ended_early.is_none() {
            notes.push(match self.warm_up {
                None => "no iteration finished: raise the duration or the graceful stop".to_owned(),
                Some(_) => "no iteration finished after the warm-up: nothing was measured".to_owned(),
            });
        }
        if self.run.interrupted_iterations > 0 {
            notes.push(format!(
                "{} interrupted; their samples up to then are counted",
                was(self.run.interrupted_iterations, "iteration")
            ));
        }
        notes.extend(self.dropped());
        notes.extend(self.advice.iter().cloned());
        notes
    }

    fn dropped(&self) -> Option<String> {
        let Dropped { count, span: (first, last) } = self.dropped;
        let note = format!(
            "{} dropped ({}): never started, so missing from every percentile",
            was(count, "iteration"),
            span(first, last)
        );
        (count > 0).then_some(note)
    }

    /// What stands beside percentiles that lack iterations. Those would have waited for longest, so that as
    /// much of the upper end is unknown.
    pub(crate) fn missing(&self) -> Option<String> {
        let Dropped { count, .. } = self.dropped;
        let planned = self.run.complete_iterations + self.run.interrupted_iterations + count;
        let note = format!(
            "percentiles lack {} ({} of those due)",
            format::counted(count, "dropped iteration"),
            format::percent(count, planned)
        );
        (count > 0).then_some(note)
    }

    fn lost(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.folds.samples > 0 {
            notes.push(format!(
                "{} beyond the limit of tag combinations share {} series: \
                 totals and thresholds are exact, tables by tag are not",
                format::counted(self.folds.samples, "sample"),
                format::count(self.folds.series)
            ));
        }
        if self.run.lost_samples > 0 {
            notes.push(format!(
                "{} lost on the way to outputs: summary and thresholds have them, the outputs do not",
                was(self.run.lost_samples, "sample")
            ));
        }
        notes
    }
}

/// Something that fails a run, with what was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Failing {
    /// A threshold.
    Threshold {
        /// Which samples it judges.
        selector: String,
        /// What it asks for.
        threshold: Threshold,
        /// What was measured, or why nothing was.
        measured: String,
        /// Whether nothing was.
        lacks_data: bool,
    },
    /// A goal.
    Goal {
        /// Its name.
        name: String,
        /// What was measured and what was wanted, or why nothing was measured.
        measured: String,
        /// Whether nothing was.
        lacks_data: bool,
    },
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold { selector, threshold, measured, .. } => {
                write!(f, "{selector} '{}': {measured}", threshold.label())
            }
            Self::Goal { name, measured, .. } => write!(f, "goal {name}: {measured}"),
        }
    }
}

impl Failing {
    /// What fails a run, thresholds first.
    #[must_use]
    pub fn all(summary: &Summary) -> Vec<Self> {
        let mut failing = Vec::new();
        for row in summary.failing() {
            for result in row.results.iter().filter(|result| result.outcome.fails(summary.no_data)) {
                failing.push(Self::Threshold {
                    selector: row.selector.source().to_owned(),
                    threshold: result.threshold.clone(),
                    measured: measurement(summary, row, result),
                    lacks_data: measured(summary, row, result).is_none(),
                });
            }
        }
        for row in summary.goals.iter().filter(|row| row.fails(summary)) {
            failing.push(Self::Goal {
                name: row.result.goal.name.clone(),
                measured: goal_measurement(summary, row),
                lacks_data: row.result.no_data.is_some(),
            });
        }
        failing
    }
}

/// What a goal was held against: `p(95)=12ms, critical is p(95)<10`; or why there is nothing.
pub(crate) fn goal_measurement(summary: &Summary, row: &GoalRow) -> String {
    match &row.result.no_data {
        Some(reason) => format!("no data: {reason}"),
        None => format!("{}, critical is {}", row.measured(summary), row.result.goal.critical.source()),
    }
}

/// What a threshold was held against: `p(95)=12ms` and, if it has a window, which one decided; or why there
/// is nothing.
pub(crate) fn measurement(summary: &Summary, row: &ThresholdRow, result: &ThresholdResult) -> String {
    let window = decided(result).map(|window| format!(" ({window})")).unwrap_or_default();
    match measured(summary, row, result) {
        Some((aggregation, value)) => format!("{aggregation}={value}{window}"),
        None => format!("no data: {}", row.no_data.as_deref().unwrap_or("no sample")),
    }
}

fn was(n: u64, noun: &str) -> String {
    format!("{} {}", format::counted(n, noun), if n == 1 { "was" } else { "were" })
}
