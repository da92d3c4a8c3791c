//! Whether two sides can be compared at all.
//!
//! Refused: other scenarios, another part of the load, other lengths, too few seconds, a measurement that
//! cannot be trusted. Noted: another script file, another machine, runs that ended early, records that were
//! cut off, iterations that could not start.

use super::run::Run;

/// Why two sides are not compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotComparable {
    /// A side without runs.
    #[error("each side needs at least one run")]
    NoRun,
    /// Another load.
    #[error("they are not comparable: {0}\nhint: --anyway compares them all the same")]
    Unlike(String),
    /// There is nothing to resample.
    #[error(
        "{name} has {has} seconds to compare, expected at least {FEWEST_SECONDS}{}",
        if *cut > 0 {
            format!("\nhint: {cut} at the beginning were cut; --cut 0s cuts none, longer runs tell more")
        } else {
            String::new()
        }
    )]
    FewSeconds {
        /// The run.
        name: String,
        /// Its seconds, those that were cut excepted.
        has: usize,
        /// How many were cut.
        cut: usize,
    },
}

/// With fewer seconds, intervals no longer hold what they promise.
pub(super) const FEWEST_SECONDS: usize = 20;
/// From that many on they do, for all that was simulated.
const ENOUGH_SECONDS: usize = 60;
/// Runs may differ in length by that share.
const UNLIKE_LENGTH: f64 = 0.2;
/// Iterations that may be dropped before it is worth a note.
const FEW_DROPPED: f64 = 0.01;

/// What is to be noted.
///
/// # Errors
/// They cannot be compared, unless that is wanted `anyway`.
pub(super) fn notes(base: &[Run], candidate: &[Run], anyway: bool) -> Result<Vec<String>, NotComparable> {
    let Some(first) = base.first().filter(|_| !candidate.is_empty()) else {
        return Err(NotComparable::NoRun);
    };
    let mut notes = Vec::new();
    for run in base.iter().chain(candidate) {
        let reasons = unlike(first, run);
        match reasons.first() {
            Some(reason) if !anyway => return Err(NotComparable::Unlike(reason.clone())),
            _ => notes.extend(reasons),
        }
        notes.extend(worth_a_note(first, run));
    }
    // A run that is on both sides says everything twice.
    let mut seen = std::collections::BTreeSet::new();
    notes.retain(|note| seen.insert(note.clone()));
    Ok(notes)
}

/// What forbids to compare a run with the first one.
fn unlike(first: &Run, run: &Run) -> Vec<String> {
    let mut reasons = Vec::new();
    let name = &run.name;
    if let Some(why) = &run.load.invalid {
        reasons.push(format!("the measurement of {name} is invalid: {why}"));
    }
    let (ours, theirs) = (&run.load.scenarios, &first.load.scenarios);
    if ours != theirs {
        let other = ours.iter().find(|line| !theirs.contains(line)).or(ours.first());
        let same = theirs.iter().find(|line| !ours.contains(line)).or(theirs.first());
        let line = |line: Option<&String>| line.map_or("nothing", String::as_str).trim().to_owned();
        reasons.push(format!("{name} ran \"{}\", {} ran \"{}\"", line(other), first.name, line(same)));
    }
    if run.load.segment != first.load.segment {
        reasons.push(format!("{name} and {} ran different parts of the load", first.name));
    }
    let (ours, theirs) = (run.seconds.len() as f64, first.seconds.len() as f64);
    if (ours - theirs).abs() > UNLIKE_LENGTH * ours.max(theirs) {
        reasons.push(format!("{name} has {ours} seconds, {} has {theirs}", first.name));
    }
    reasons
}

fn worth_a_note(first: &Run, run: &Run) -> Vec<String> {
    let mut notes = Vec::new();
    let (name, base) = (&run.name, &first.name);
    if run.load.script != first.load.script {
        notes.push(format!("{name} ran {}, {base} ran {}", run.load.script, first.load.script));
    }
    if run.load.machine != first.load.machine {
        notes.push(format!("{name} ran on {}, {base} on {}", run.load.machine, first.load.machine));
    }
    if let Some(why) = &run.load.ended_early {
        notes.push(format!("{name} ended early: {why}"));
    }
    if run.load.cut_off {
        notes.push(format!("the record of {name} ends before its run did"));
    }
    if run.load.dropped > FEW_DROPPED {
        let percent = 100.0 * run.load.dropped;
        notes.push(format!("{name} could not start {percent:.1} % of its iterations: its load was lower"));
    }
    notes
}

/// A note on short runs.
pub(super) fn short(seconds: usize) -> Option<String> {
    (seconds < ENOUGH_SECONDS).then(|| {
        format!("{seconds} seconds are few: with fewer than {ENOUGH_SECONDS}, intervals are too narrow")
    })
}
