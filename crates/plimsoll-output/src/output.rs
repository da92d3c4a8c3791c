//! What every output implements, and what it is told of the run.

use std::pin::Pin;
use std::time::Duration;

use plimsoll_metrics::{Registry, SampleBatch, ThresholdSpec};

use crate::error::OutputError;

/// One step of an output. Boxed once per batch, so that the manager can hold outputs of any type.
pub type Step<'a> = Pin<Box<dyn Future<Output = Result<(), OutputError>> + Send + 'a>>;

/// Where samples go.
///
/// Each output lives on a thread of its own, so a step may block. After a step has failed, no other follows:
/// the output is dropped, and what it did not write is counted. What goes wrong without being the end is
/// reported by [`Output::setbacks`].
pub trait Output: Send {
    /// What the banner's `output:` line says of it, such as `json (results.json)`.
    fn describe(&self) -> String;

    /// Whether it writes a file that somebody asked for by its name.
    fn is_file(&self) -> bool {
        false
    }

    /// Opens whatever is written to. Called once, before the run.
    fn start<'a>(&'a mut self, run: &'a RunStart) -> Step<'a>;

    /// Writes the samples of one batch.
    fn write<'a>(&'a mut self, batch: &'a SampleBatch) -> Step<'a>;

    /// Writes what belongs at the end, and makes the result final. Called once, after the last batch.
    fn finish<'a>(&'a mut self, end: &'a RunEnd) -> Step<'a>;

    /// What has gone wrong since it was last asked. Asked after each step.
    fn setbacks(&mut self) -> Setbacks {
        Setbacks::default()
    }
}

/// What went wrong with an output that goes on.
#[derive(Debug, Default)]
pub struct Setbacks {
    /// Samples that it had taken, and that are lost after all.
    pub lost: u64,
    /// What is worth telling.
    pub news: Vec<News>,
}

/// A change for the worse or the better.
#[derive(Debug)]
pub enum News {
    /// Something went wrong.
    Trouble {
        /// What it was.
        error: OutputError,
        /// What it means for the samples.
        outlook: Outlook,
    },
    /// What was wrong is over.
    Recovered,
}

/// What becomes of samples when something went wrong; the worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outlook {
    /// Nothing yet: there were none.
    Harmless,
    /// The next push makes up for it.
    MadeUp,
    /// They are lost. Those that follow may arrive.
    Lost,
}

/// What is known before a run.
#[derive(Debug, Clone, Default)]
pub struct RunStart {
    /// The metrics of the run; VUs may still add to them.
    pub registry: Registry,
    /// The run's thresholds.
    pub thresholds: Vec<ThresholdSpec>,
    /// The names of the system tags that samples may carry.
    pub system_tags: Vec<String>,
    /// Whether requests carry the tag `expected_response`: then k6 lists the sub-metric of the successful
    /// ones.
    pub expected_response_tag: bool,
}

/// What is known after a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunEnd {
    /// Whether any threshold fails the run, those without data included unless they count as in k6.
    pub thresholds_failed: bool,
    /// The selectors of the thresholds that fail the run: those that are crossed, then those without data.
    pub failing: Vec<String>,
    /// From the start of setup to the end of teardown.
    pub duration: Duration,
    /// Iterations that came to their end.
    pub complete_iterations: u64,
    /// Iterations that were cut off.
    pub interrupted_iterations: u64,
    /// The verdict on the measurement itself, `VALID`, `SUSPECT` or `INVALID`; empty when nobody judged it.
    pub validity: &'static str,
    /// What speaks against the measurement: a clause each.
    pub validity_reasons: Vec<String>,
}
