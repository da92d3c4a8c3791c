//! Streaming outputs of a run: started before it, told of its end after it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;

use plimsoll_engine::{RunConfig, SampleSink};
use plimsoll_metrics::Registry;
use plimsoll_output::{Event, Manager, Outlook, OutputError, OutputReport, OutputSpec, RunEnd, RunStart};
use plimsoll_plan::Plan;
use plimsoll_plan::options::tags::SystemTag;

use crate::dashboard::is_dashboard;
use crate::environment;
use crate::failure::Failure;

/// Raw samples that one worker keeps between two ticks, at most. About a hundred thousand requests.
const SAMPLES_PER_TICK: usize = 1_000_000;

/// The outputs that were asked for; `None` when there are none, which spares every sample its copy.
pub(crate) struct Outputs(Option<Manager>);

/// What the outputs leave behind.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Samples that were not written.
    pub(crate) lost: u64,
    /// Whether a file that was asked for is not there, or not whole.
    pub(crate) is_file_missing: bool,
}

impl Outputs {
    /// Opens every output.
    ///
    /// # Errors
    /// When a name is unknown, or an output cannot be opened.
    pub(crate) async fn start(plan: &Plan, registry: &Registry) -> Result<Self, Failure> {
        let specs = plan.options.out.iter().map(String::as_str);
        let specs = specs.filter(|spec| !is_dashboard(spec)).collect::<Vec<_>>();
        if specs.is_empty() {
            return Ok(Outputs(None));
        }
        let mut variables: BTreeMap<String, String> = environment::variables().collect();
        if !plan.options.features.is_empty() {
            // Wherever the option was given, for the outputs it is its variable.
            variables.insert("K6_FEATURES".to_owned(), plan.options.features.join(","));
        }
        let specs = OutputSpec::parse_all(specs, &variables);
        let specs = specs.map_err(|errors| {
            Failure::Output(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let outputs = specs.into_iter().map(OutputSpec::build).collect();
        let start = RunStart {
            registry: registry.clone(),
            thresholds: plan.thresholds.clone(),
            system_tags: system_tags(plan),
            expected_response_tag: plan.options.system_tags.contains(SystemTag::ExpectedResponse),
        };
        let trouble = Arc::new(|output: &str, event: Event<'_>| match event {
            Event::Failed(error) => {
                tracing::error!(target: "plimsoll", output, "{}", with_causes(error));
            }
            Event::Trouble { error, outlook } => {
                let error = with_causes(error);
                tracing::warn!(target: "plimsoll", output, "{error}; {}", consequence(outlook));
            }
            Event::Recovered => tracing::info!(target: "plimsoll", output, "what is pushed arrives again"),
        });
        let manager = Manager::start(outputs, start, trouble).await;
        manager.map(|manager| Outputs(Some(manager))).map_err(|error| Failure::Output(with_causes(&error)))
    }

    /// Makes the run hand its samples over.
    pub(crate) fn attach(&self, config: &mut RunConfig) {
        if let Some(manager) = &self.0 {
            let sender = manager.sender();
            config.shard.raw = Some(SAMPLES_PER_TICK);
            config.samples = Some(SampleSink::new(move |batch| sender.send(batch)));
        }
    }

    /// What the banner says.
    pub(crate) fn describe(&self) -> String {
        self.0.as_ref().map_or_else(|| "-".to_owned(), Manager::describe)
    }

    /// Tells the outputs how the run ended and waits until all is written.
    pub(crate) async fn finish(self, end: RunEnd) -> Written {
        let Some(manager) = self.0 else { return Written::default() };
        let reports = manager.finish(end).await;
        for OutputReport { output, lost, error, .. } in &reports {
            let output = output.as_str();
            // Any other error was told when it happened.
            if let Some(error @ (OutputError::Stuck { .. } | OutputError::Lost)) = error {
                tracing::error!(target: "plimsoll", output, "{}", with_causes(error));
            }
            if *lost > 0 {
                tracing::warn!(target: "plimsoll", output, "{lost} samples were not written");
            }
        }
        Written {
            lost: reports.iter().map(|report| report.lost).sum(),
            is_file_missing: reports.iter().any(is_file_missing),
        }
    }
}

/// What trouble means for the samples, in words.
fn consequence(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Harmless => "no sample is lost by that",
        Outlook::MadeUp => "the next push makes up for it",
        Outlook::Lost => "its samples are lost",
    }
}

/// Whether a file has failed. Nobody misses one that is a pipe which its reader has closed, as `head` does.
fn is_file_missing(report: &OutputReport) -> bool {
    let is_closed = matches!(
        &report.error,
        Some(OutputError::Write { source, .. }) if source.kind() == ErrorKind::BrokenPipe
    );
    report.is_file && report.error.is_some() && !is_closed
}

fn system_tags(plan: &Plan) -> Vec<String> {
    let enabled = SystemTag::ALL.iter().filter(|tag| plan.options.system_tags.contains(**tag));
    enabled.map(|tag| tag.as_str().to_owned()).collect()
}

/// An error with what caused it, on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
