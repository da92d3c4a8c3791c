//! Whether records are those of instances of one test: the same test, at the same time, each there once.

use super::header::Header;
use super::read::Record;

/// Why records are not those of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeError {
    /// There is none.
    Nothing,
    /// They differ in what makes them one test.
    Different {
        /// Which record, from zero on.
        record: usize,
        /// What is different.
        what: &'static str,
    },
    /// One of them is there twice: everything in it would count twice.
    Again {
        /// Which record, from zero on.
        record: usize,
        /// The earlier one that it is.
        other: usize,
    },
    /// They are two runs of the test, one after the other on one machine, and not instances of one.
    Successive {
        /// Which record, from zero on.
        record: usize,
        /// The earlier one with whose run this one does not overlap.
        other: usize,
    },
}

impl std::error::Error for MergeError {}

impl std::fmt::Display for MergeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("there is no record"),
            Self::Different { what, .. } => {
                write!(f, "it is not of the same test as the first: their {what} differ")
            }
            Self::Again { .. } => {
                f.write_str("it holds the same run as an earlier one, and would count twice")
            }
            Self::Successive { .. } => f.write_str(
                "it and an earlier one are two runs that followed each other on one machine, not instances \
                 of one",
            ),
        }
    }
}

/// Whether these are records of instances of one test, each there once.
pub(super) fn are_instances(records: &[Record]) -> Result<(), MergeError> {
    let first = records.first().ok_or(MergeError::Nothing)?;
    for (record, it) in records.iter().enumerate().skip(1) {
        if let Some(what) = difference(&first.header, &it.header) {
            return Err(MergeError::Different { record, what });
        }
        for (other, known) in records[..record].iter().enumerate() {
            if it.is_again(known) {
                return Err(MergeError::Again { record, other });
            }
            if it.follows(known) {
                return Err(MergeError::Successive { record, other });
            }
        }
    }
    Ok(())
}

/// What makes them different tests.
fn difference(one: &Header, other: &Header) -> Option<&'static str> {
    let rules = |header: &Header| {
        let rules = header.thresholds.iter();
        let lines = rules.flat_map(|rule| {
            rule.thresholds.iter().map(|line| (rule.selector.clone(), line.expression.clone(), line.window))
        });
        lines.collect::<Vec<_>>()
    };
    let goals = |header: &Header| {
        let goals = header.goals.iter();
        goals
            .map(|goal| [&goal.name, &goal.metric, &goal.target, &goal.critical].map(Clone::clone))
            .collect::<Vec<_>>()
    };
    if one.script != other.script {
        Some("scripts")
    } else if rules(one) != rules(other) {
        Some("thresholds")
    } else {
        (goals(one) != goals(other)).then_some("goals")
    }
}

impl Record {
    /// When its test began and ended, on the clock of its machine.
    fn span(&self) -> Option<(u64, u64)> {
        let began = self.streams.first()?.started_at;
        let length = match &self.end {
            Some(end) => end.run.duration.saturating_add(end.warm_up.unwrap_or_default()),
            None => self.seconds().map(|second| second.at.saturating_add(second.warmed_up)).max()?,
        };
        Some((began, began.saturating_add(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX))))
    }

    /// Whether it is a copy of another one, be it one that was made before the run had ended.
    fn is_again(&self, other: &Self) -> bool {
        self.header.begun != 0 && self.header.begun == other.header.begun && self.place() == other.place()
    }

    /// Which machine ran which part of the load.
    fn place(&self) -> (&str, &str) {
        (&self.header.machine.host, &self.header.segment)
    }

    /// Whether one machine ran both, the same part of the load, one after the other. Clocks of several
    /// machines tell nothing.
    fn follows(&self, other: &Self) -> bool {
        if self.header.machine.host.is_empty() || self.place() != other.place() {
            return false;
        }
        match (self.span(), other.span()) {
            (Some(mine), Some(theirs)) => mine.0 > theirs.1 || theirs.0 > mine.1,
            _ => false,
        }
    }
}
