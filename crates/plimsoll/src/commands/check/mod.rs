//! The command `check`: load without running, say everything at once.
//!
//! | module | subject |
//! |---|---|
//! | `gather` | all findings of one test |
//! | `show` | findings as text, JSON and annotations |

mod gather;
mod show;

use plimsoll_script::check::{Finding, Level};

use crate::cli::{CheckArguments, CheckFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log::Log;
use crate::summary;

/// Prints the findings of all scripts.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn check(arguments: &CheckArguments, log: &Log) -> Result<Exit, Failure> {
    let mut findings: Vec<Finding> =
        arguments.tests.iter().flat_map(|test| gather::findings(test, log)).collect();
    // A module that two scripts import is examined twice.
    let mut shown = Vec::new();
    findings.retain(|finding| {
        let is_new = finding.location.is_none() || !shown.contains(finding);
        shown.extend(is_new.then(|| finding.clone()));
        is_new
    });
    let text = match arguments.format {
        CheckFormat::Text => show::text(&findings, arguments.tests.len()),
        CheckFormat::Json => show::json(&findings),
        CheckFormat::GitHub => show::annotations(&findings),
    };
    summary::print(&text).map_err(|error| Failure::Write(vec![error]))?;
    let fails = |finding: &Finding| match finding.level {
        Level::Error => true,
        Level::Warning => arguments.strict,
        Level::Note => false,
    };
    Ok(if findings.iter().any(fails) { Exit::Findings } else { Exit::Success })
}
