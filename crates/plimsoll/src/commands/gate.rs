//! The command `gate`: a record, a condition, an exit code.

use plimsoll_report::capacity::{Passage, Record};

use crate::cli::GateArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::summary;

/// Holds a record against conditions.
///
/// # Errors
/// When the record cannot be read.
pub(crate) fn gate(arguments: &GateArguments) -> Result<Exit, Failure> {
    let path = &arguments.record;
    let unreadable = |why: String| Failure::SearchRecord { path: path.display().to_string(), why };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let record = Record::read(&text).map_err(|error| unreadable(error.to_string()))?;
    let mut exit = Exit::Success;
    for gate in &arguments.gates {
        let (mark, facts, code) = match gate.judge(&record) {
            Passage::Met(facts) => ("✓", facts, Exit::Success),
            Passage::Missed(facts) => ("✗", facts, Exit::GateMissed),
            Passage::NoCapacity(facts) => ("?", facts, Exit::NoCapacity),
        };
        summary::print(&format!("{mark} {facts}\n")).map_err(|error| Failure::Write(vec![error]))?;
        exit = if exit == Exit::Success { code } else { exit };
    }
    Ok(exit)
}
