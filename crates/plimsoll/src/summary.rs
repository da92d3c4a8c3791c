//! The end of a run: summary on stdout or through `handleSummary`, report and export files.

use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::sync::Arc;

use plimsoll_engine::{RunOutcome, call_handle_summary};
use plimsoll_metrics::NoDataPolicy;
use plimsoll_plan::Plan;
use plimsoll_plan::options::keyword::SummaryMode;
use plimsoll_report::json::Terminal;
use plimsoll_report::{RunFacts, Settings, Style, Summary, SummaryInput, html, json, text};
use plimsoll_script::{Bundle, ScriptFactory};

use crate::cli::RunArguments;
use crate::failure::Failure;
use crate::{log, verdict};

/// Everything that is known when a run has ended.
pub(crate) struct Ending<'a> {
    pub(crate) arguments: &'a RunArguments,
    pub(crate) bundle: &'a Bundle,
    pub(crate) plan: &'a Plan,
    pub(crate) outcome: &'a RunOutcome,
}

impl Ending<'_> {
    /// Keys of the thresholds that were crossed or had no data.
    pub(crate) fn failing_thresholds(&self) -> Vec<&str> {
        self.outcome.thresholds.as_ref().map(|report| report.failing(self.no_data())).unwrap_or_default()
    }

    /// Prints and writes whatever was asked for.
    ///
    /// # Errors
    /// When a file cannot be written; everything else is written first.
    pub(crate) async fn summarise(&self, factory: ScriptFactory) -> Result<(), Failure> {
        if self.outcome.state.complete_iterations() == 0 {
            tracing::warn!(target: "plimsoll", "no iteration came to its end; consider a longer duration");
        }
        let summary = Summary::build(SummaryInput {
            registry: self.bundle.registry(),
            aggregate: &self.outcome.aggregate,
            thresholds: self.outcome.thresholds.as_ref(),
            no_data: self.no_data(),
            settings: Settings::of(self.plan),
            run: self.facts(),
        });
        let report = self.arguments.report.as_deref().map(|path| write_report(path, &summary)).transpose();
        if self.plan.options.summary_mode != SummaryMode::Disabled {
            self.print(&summary, factory).await?;
        }
        report.map(drop)
    }

    fn no_data(&self) -> NoDataPolicy {
        if self.arguments.no_data_passes { NoDataPolicy::LikeK6 } else { NoDataPolicy::Fail }
    }

    fn facts(&self) -> RunFacts {
        let outcome = self.outcome;
        let setup_data = outcome.setup_data.as_deref().and_then(|json| serde_json::from_str(json).ok());
        RunFacts {
            script: self.arguments.script.display().to_string(),
            scenarios: self.plan.describe().into_iter().skip(1).collect(),
            started_at: outcome.started_at,
            started: rfc3339(outcome.started_at.0),
            duration: outcome.test_duration,
            complete_iterations: outcome.state.complete_iterations(),
            interrupted_iterations: outcome.state.interrupted_iterations(),
            ended_early: verdict::why(&outcome.end),
            setup_data,
            ..RunFacts::default()
        }
    }

    /// The script's own summary if it has one that works, else ours.
    async fn print(&self, summary: &Summary, factory: ScriptFactory) -> Result<(), Failure> {
        if self.bundle.functions.iter().any(|function| function == "handleSummary") {
            match self.script_summary(summary, factory).await {
                Ok(Some(files)) => return write_files(&files),
                Ok(None) => {}
                Err(why) => tracing::error!(target: "plimsoll", "{why}; the standard summary follows"),
            }
        }
        let color = std::io::stdout().is_terminal() && !self.arguments.logging.no_color && !log::no_color();
        let style = Style { colour: color, ..Style::default() };
        print(&format!("\n{}\n\n", text::render(summary, &style).trim_end_matches('\n')));
        Ok(())
    }

    /// What `handleSummary` wants written: destination and content. `None` when it returned nothing.
    async fn script_summary(
        &self,
        summary: &Summary,
        factory: ScriptFactory,
    ) -> Result<Option<Vec<(String, String)>>, String> {
        let terminal = Terminal {
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
            ..Terminal::default()
        };
        let data: Arc<str> = json::handle_summary_json(summary, terminal).to_string().into();
        let timeout = self.plan.options.handle_summary_timeout;
        let returned = call_handle_summary(factory, Arc::clone(&self.outcome.state), data, timeout).await;
        let Some(returned) = returned.map_err(|error| error.to_string())? else { return Ok(None) };
        let files = match serde_json::from_str(&returned) {
            Ok(serde_json::Value::Object(files)) => files,
            Ok(serde_json::Value::Null | serde_json::Value::Bool(false)) => return Ok(None),
            _ => return Err("handleSummary must return an object of destination: text pairs".into()),
        };
        let text = |(path, content): (String, serde_json::Value)| match content {
            serde_json::Value::String(content) => Ok((path, content)),
            _ => Err(format!(
                "handleSummary returned something other than text for '{path}', which is not supported yet"
            )),
        };
        files.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }
}

fn write_files(files: &[(String, String)]) -> Result<(), Failure> {
    for (path, content) in files {
        match path.as_str() {
            "stdout" => print(content),
            // Nobody can be told that stderr cannot be written.
            "stderr" => drop(std::io::stderr().write_all(content.as_bytes())),
            path => write(Path::new(path), content)?,
        }
    }
    Ok(())
}

/// HTML, or text when the file's name says so.
fn write_report(path: &Path, summary: &Summary) -> Result<(), Failure> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| Failure::Write { path: folder.display().to_string(), source })?;
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("txt") => write(path, &text::render(summary, &Style::default())),
        _ => write(path, &html::render(summary)),
    }
}

/// Writes beside the file and renames, so that a failure leaves an earlier file as it was.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let written = std::fs::write(&beside, content).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| Failure::Write { path: path.display().to_string(), source })
}

/// Writes to stdout. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn rfc3339(nanos: u64) -> String {
    let timestamp = jiff::Timestamp::from_nanosecond(i128::from(nanos));
    timestamp.map(|timestamp| timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}
