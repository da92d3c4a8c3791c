//! What an earlier search has left, if it is to be taken up again.

use std::path::Path;

use plimsoll_report::capacity::{End, Figures, Header, Plateau, Record};

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
        let asked = |header: &Header| (header.scenario.clone(), header.model, texts(header));
        if asked(&record.header) != asked(header) {
            let why = "it was asked something else: scenario, model and objectives have to be the same";
            return Err(unusable(&arguments.out, why.to_owned()));
        }
        if is_finished(&record, header) {
            return Ok(Self::Finished(Box::new(record)));
        }
        let seconds = record.seconds;
        let whole = record.plateaus.into_iter().filter(|entry| entry.plateau.is_conclusive());
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

fn read(path: &Path) -> Result<Record, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| unusable(path, error.to_string()))?;
    Record::read(&text).map_err(|error| unusable(path, error.to_string()))
}

fn unusable(path: &Path, why: String) -> Failure {
    Failure::SearchRecord { path: path.display().to_string(), why }
}
