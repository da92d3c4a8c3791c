//! What an earlier search has left, if it is to be taken up again.

use std::path::Path;

use plimsoll_report::capacity::{End, Figures, Header, Limits, Plateau, Purpose, Record, Verdict};

use crate::cli::CapacityArguments;
use crate::failure::Failure;

/// An earlier search.
#[derive(Debug)]
pub(super) enum Earlier {
    /// It has its answer, and the target is left alone.
    Finished(Box<Record>),
    /// It goes on; without `--resume` from nothing.
    Left(Left),
}

/// What there is to go on from.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) plateaus: Vec<Plateau>,
    pub(super) figures: Vec<Figures>,
    /// How long it took, in seconds.
    pub(super) seconds: f64,
}

impl Earlier {
    /// Reads the record, if that is asked for.
    pub(super) fn of(arguments: &CapacityArguments, header: &Header) -> Result<Self, Failure> {
        if !arguments.resume {
            return Ok(Self::Left(Left::default()));
        }
        let record = read(&arguments.out)?;
        // Their texts say all; numbers that were written and read need not be equal to the last bit.
        let texts = |header: &Header| -> Vec<(String, bool)> {
            header.objectives.iter().map(|asked| (asked.text.clone(), asked.is_optional)).collect()
        };
        let asked =
            |header: &Header| (header.scenario.clone(), header.model, header.arrivals.clone(), texts(header));
        if asked(&record.header) != asked(header) {
            let why =
                "it was asked something else: scenario, model, arrivals and objectives have to be the same";
            return Err(unusable(&arguments.out, why.to_owned()));
        }
        if record.header.script != header.script {
            // It may be the same one, in another folder.
            let (path, script) = (arguments.out.display(), &record.header.script);
            tracing::warn!(target: "plimsoll", "what stands in {path} was found with the script {script}");
        }
        if is_finished(&record, header) {
            return Ok(Self::Finished(Box::new(record)));
        }
        let seconds = record.seconds;
        let (end, limits) = (record.end, record.header.limits);
        let is_open = |plateau: &Plateau| is_in_question(plateau, end.as_ref(), &limits);
        let holds = |plateau: &Plateau| plateau.is_conclusive() && !is_open(plateau);
        let whole = record.plateaus.into_iter().filter(|entry| holds(&entry.plateau));
        let (plateaus, figures) = whole.map(|entry| (entry.plateau, entry.figures)).unzip();
        Ok(Self::Left(Left { plateaus, figures, seconds }))
    }
}

/// Whether there is nothing left to do: more load would only trouble the target.
fn is_finished(record: &Record, header: &Header) -> bool {
    match record.end {
        Some(End::Found) => true,
        Some(End::LimitNotReached) => record.header.limits.most >= header.limits.most,
        _ => false,
    }
}

/// Whether a plateau is what made the earlier search give up. Whoever takes it up again wants to see that
/// once more, rather than hear it repeated without a single request.
fn is_in_question(plateau: &Plateau, end: Option<&End>, limits: &Limits) -> bool {
    // Numbers that were written and read need not be equal to the last bit.
    const SLACK: f64 = 1e-9;
    match end {
        Some(End::Broken { .. }) => true,
        Some(End::Undecided { .. }) => {
            matches!(plateau.verdict, Verdict::CannotTell { .. })
                && plateau.load >= limits.most * (1.0 - SLACK)
        }
        Some(End::NotConfirmed) => plateau.purpose == Purpose::Confirm,
        Some(End::NotHeld) => plateau.load <= limits.least * (1.0 + SLACK),
        // What else ends a search leaves no verdict on a plateau, or one that leads on.
        Some(
            End::Found
            | End::LimitNotReached
            | End::GeneratorLimited { .. }
            | End::NoVus
            | End::NoData { .. }
            | End::NotRecovered { .. }
            | End::Budget
            | End::Interrupted,
        )
        | None => false,
    }
}

fn read(path: &Path) -> Result<Record, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| unusable(path, error.to_string()))?;
    Record::read(&text).map_err(|error| unusable(path, error.to_string()))
}

fn unusable(path: &Path, why: String) -> Failure {
    Failure::SearchRecord { path: path.display().to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plateau(load: f64, purpose: Purpose, verdict: Verdict) -> Plateau {
        Plateau { load, purpose, verdict, cut: 0, moments: Vec::new() }
    }

    #[test]
    fn what_ended_a_search_is_seen_once_more() {
        let limits = Limits {
            start: 10.0,
            least: 1.0,
            most: 500.0,
            precision: 0.02,
            shortest: 3.0,
            longest: 20.0,
            budget: 600.0,
            recovery: true,
        };
        let unsure = || Verdict::CannotTell { why: String::new() };
        let all = [
            plateau(1.0, Purpose::Climb, Verdict::Failed { objective: 0 }),
            plateau(100.0, Purpose::Narrow, unsure()),
            plateau(200.0, Purpose::Confirm, Verdict::Failed { objective: 0 }),
            plateau(500.0, Purpose::Narrow, unsure()),
        ];
        let (broken, undecided) = (End::Broken { why: String::new() }, End::Undecided { why: String::new() });
        for (end, dropped) in [
            (broken, [true, true, true, true]),
            (undecided, [false, false, false, true]),
            (End::NotConfirmed, [false, false, true, false]),
            (End::NotHeld, [true, false, false, false]),
            (End::Budget, [false, false, false, false]),
        ] {
            let found = all.each_ref().map(|plateau| is_in_question(plateau, Some(&end), &limits));
            assert_eq!(found, dropped, "{end:?}");
        }
    }
}
