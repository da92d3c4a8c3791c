//! The end of a run: summary on stdout or through `handleSummary`, report and export files.

use std::io::{ErrorKind, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_engine::{RunEnd, RunOutcome, call_handle_summary};
use plimsoll_metrics::{GoalResult, NoDataPolicy, Outcome, ThresholdResult};
use plimsoll_plan::Plan;
use plimsoll_plan::options::keyword::SummaryMode;
use plimsoll_report::json::{Terminal, TestFacts};
use plimsoll_report::record::Header;
use plimsoll_report::{
    ArrivalFacts, Format, Observations, Report, RunFacts, Settings, Style, Summary, SummaryInput, Validity,
    format, json, text, validity,
};
use plimsoll_script::{Bundle, ScriptFactory};
use serde_json::Value;

use crate::cli::RunArguments;
use crate::dashboard::Pictures;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, log, reports, verdict};

/// Everything that is known when a run has ended.
pub(crate) struct Ending<'a> {
    pub(crate) arguments: &'a RunArguments,
    pub(crate) bundle: &'a Bundle,
    pub(crate) plan: &'a Plan,
    pub(crate) outcome: &'a RunOutcome,
    /// What became of the goals.
    pub(crate) goals: Vec<GoalResult>,
    /// What was observed of the measurement itself.
    pub(crate) observations: Observations,
    /// Whether it can be trusted.
    pub(crate) validity: Validity,
    /// Samples that outputs did not write.
    pub(crate) lost_samples: u64,
    /// The script's text, when the newer form of the summary was asked for, which holds it.
    pub(crate) script_text: Option<String>,
    /// What happened when, and who watches.
    pub(crate) pictures: &'a Pictures,
    /// What was known from the start.
    pub(crate) header: &'a Header,
}

/// Keys of the thresholds that fail a run, sorted.
pub(crate) struct FailingThresholds<'a> {
    pub(crate) crossed: Vec<&'a str>,
    pub(crate) without_data: Vec<&'a str>,
}

impl FailingThresholds<'_> {
    pub(crate) fn any(&self) -> bool {
        !(self.crossed.is_empty() && self.without_data.is_empty())
    }
}

impl Ending<'_> {
    /// What fails the run.
    pub(crate) fn failing_thresholds(&self) -> FailingThresholds<'_> {
        let rules = self.outcome.thresholds.as_ref().map_or(&[][..], |report| &report.rules);
        let keys_of = |is_meant: &dyn Fn(&Outcome) -> bool| {
            let is_meant = |result: &ThresholdResult| is_meant(&result.outcome);
            let rules = rules.iter().filter(|rule| rule.results.iter().any(is_meant));
            let mut keys: Vec<&str> = rules.map(|rule| rule.selector.source()).collect();
            keys.sort_unstable();
            keys
        };
        FailingThresholds {
            crossed: keys_of(&|outcome| matches!(outcome, Outcome::Crossed { .. })),
            without_data: keys_of(&|outcome| {
                matches!(outcome, Outcome::NoData { .. }) && outcome.fails(self.no_data())
            }),
        }
    }

    /// Judges the measurement, now that it is known how many samples outputs have lost so far.
    pub(crate) fn judge_measurement(&mut self, lost_samples: u64) {
        self.lost_samples = lost_samples;
        self.observations.lost_samples = lost_samples;
        self.validity = validity::judge(&self.observations);
    }

    /// What the outputs are told of the end.
    pub(crate) fn for_outputs(&self) -> plimsoll_output::RunEnd {
        let failing = self.failing_thresholds();
        plimsoll_output::RunEnd {
            thresholds_failed: failing.any(),
            failing: failing.crossed.iter().chain(&failing.without_data).map(ToString::to_string).collect(),
            duration: self.outcome.test_duration,
            complete_iterations: self.outcome.state.complete_iterations(),
            interrupted_iterations: self.outcome.state.interrupted_iterations(),
            validity: self.validity.verdict.as_str(),
            validity_reasons: self.validity.reasons.iter().map(|reason| reason.observed.clone()).collect(),
        }
    }

    /// What the run amounts to.
    pub(crate) fn summary(&self) -> Summary {
        Summary::build(SummaryInput {
            registry: self.bundle.registry(),
            aggregate: &self.outcome.aggregate,
            warm_up: self.outcome.warm_up.as_ref().map(|warm_up| (&*warm_up.aggregate, warm_up.duration)),
            thresholds: self.outcome.thresholds.as_ref(),
            goals: self.goals.clone(),
            no_data: self.no_data(),
            settings: Settings::of(self.plan),
            run: self.facts(),
        })
    }

    /// Prints and writes whatever was asked for. `exit` is what the run comes to.
    ///
    /// # Errors
    /// When a file cannot be written; everything else is written first.
    pub(crate) async fn summarise(
        &self,
        summary: &Summary,
        factory: ScriptFactory,
        exit: Exit,
    ) -> Result<(), Failure> {
        if self.outcome.state.complete_iterations() == 0 && self.outcome.end == RunEnd::Completed {
            tracing::warn!(target: "plimsoll", "no iteration came to its end; consider a longer duration");
        }
        self.pictures.show(summary);
        let timeline = self.pictures.timeline();
        let report =
            Report { summary, timeline: &timeline, header: self.header, exit_code: Some(exit as u8) };
        let mut failures = Vec::new();
        for path in self.arguments.reports.iter().map(PathBuf::as_path).chain(self.pictures.export()) {
            failures.extend(reports::write(path, &report, Format::Html).err());
        }
        if reports::is_for_github(self.arguments.github) {
            reports::tell_github(&report);
        }
        let options = &self.plan.options;
        let export = Path::new(&options.summary_export);
        let exported = !options.summary_export.is_empty();
        if !options.no_summary && options.summary_mode != SummaryMode::Disabled {
            if exported {
                failures.extend(files::write(export, self.exported(summary)).err());
            }
            failures.extend(self.print(summary, factory).await);
        } else if exported {
            tracing::warn!(target: "plimsoll", "{} was not written: there is no summary", export.display());
        }
        if failures.is_empty() { Ok(()) } else { Err(Failure::Write(failures)) }
    }

    /// The content of the file of `--summary-export`.
    fn exported(&self, summary: &Summary) -> String {
        match self.newer_form(summary) {
            Some(data) => json::indented(&data),
            None => json::summary_export(summary),
        }
    }

    /// The summary for programs in k6's newer form, if that was asked for.
    fn newer_form(&self, summary: &Summary) -> Option<Value> {
        let version = concat!("plimsoll v", env!("CARGO_PKG_VERSION"));
        let generated_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let script = self.script_text.as_deref()?;
        Some(json::machine_summary(summary, TestFacts { script, generated_at: &generated_at, version }))
    }

    fn redacted(&self, text: &str) -> String {
        self.bundle.redactor().redact(text).into_owned()
    }

    /// Whether colours are unwanted, by flag or by variable.
    fn no_color(&self) -> bool {
        self.arguments.logging.no_color || log::no_color()
    }

    pub(crate) fn no_data(&self) -> NoDataPolicy {
        self.arguments.no_data()
    }

    fn facts(&self) -> RunFacts {
        let outcome = self.outcome;
        let mut setup_data: Option<Value> =
            outcome.setup_data.as_deref().and_then(|json| serde_json::from_str(json).ok());
        setup_data.iter_mut().for_each(|data| self.bundle.redactor().redact_json(data));
        RunFacts {
            script: self.arguments.test.script.display().to_string(),
            scenarios: self.plan.describe().into_iter().skip(1).collect(),
            started_at: outcome.started_at,
            started: format::rfc3339(outcome.started_at),
            duration: outcome.measured_duration(),
            complete_iterations: outcome.measured_iterations(),
            interrupted_iterations: outcome.state.interrupted_iterations(),
            // The log has the stack.
            ended_early: verdict::why(&outcome.end)
                .map(|why| self.redacted(why.lines().next().unwrap_or_default())),
            marked_failed: outcome.failed.as_deref().map(|why| self.redacted(why)),
            notes: Vec::new(),
            arrivals: self.arrivals(),
            setup_data,
            lost_samples: self.lost_samples,
            validity: Some(self.validity.clone()),
        }
    }

    /// What became of the scenarios with an arrival rate.
    fn arrivals(&self) -> Vec<ArrivalFacts> {
        let scenarios = self.plan.scenarios.iter().zip(self.outcome.state.scenarios());
        let facts = scenarios.filter_map(|(scenario, context)| {
            Some(ArrivalFacts {
                made_on_demand: context.progress.vus_made_on_demand(),
                dropped: context.progress.dropped_iterations(),
                ..ArrivalFacts::planned(scenario)?
            })
        });
        facts.collect()
    }

    /// The script's own summary if it has one that works, else ours. Returns what could not be written.
    async fn print(&self, summary: &Summary, factory: ScriptFactory) -> Vec<String> {
        if self.bundle.functions.iter().any(|function| function == "handleSummary") {
            match self.script_summary(summary, factory).await {
                Ok(Some(files)) => return write_files(&files),
                Ok(None) => {}
                Err(why) => tracing::error!(target: "plimsoll", "{why}; the standard summary follows"),
            }
        }
        let colour = std::io::stdout().is_terminal() && !self.no_color();
        let style = Style { colour, ..Style::default() };
        let text = format!("\n{}\n\n", text::render(summary, &style).trim_end_matches('\n'));
        print(&text).err().into_iter().collect()
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
            no_color: self.no_color(),
        };
        let data = self.newer_form(summary).unwrap_or_else(|| json::handle_summary_json(summary, terminal));
        let data: Arc<str> = data.to_string().into();
        let timeout = self.plan.options.handle_summary_timeout;
        let returned = call_handle_summary(factory, Arc::clone(&self.outcome.state), data, timeout).await;
        let Some(returned) = returned.map_err(|error| error.to_string())? else { return Ok(None) };
        let files = match serde_json::from_str(&returned) {
            Ok(Value::Object(files)) => files,
            Ok(Value::Null | Value::Bool(false)) => return Ok(None),
            _ => return Err("handleSummary must return an object of destination: text pairs".into()),
        };
        let text = |(path, content): (String, Value)| match content {
            Value::String(content) => Ok((path, self.redacted(&content))),
            _ => Err(format!(
                "handleSummary returned something other than text for '{path}', which is not supported yet"
            )),
        };
        files.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }
}

/// Writes every file that can be written; returns what is wrong with the others.
fn write_files(files: &[(String, String)]) -> Vec<String> {
    let write = |(path, content): &(String, String)| match path.as_str() {
        "stdout" => print(content),
        // Nobody can be told that stderr cannot be written.
        "stderr" => {
            let _ = std::io::stderr().write_all(content.as_bytes());
            Ok(())
        }
        path => files::write(Path::new(path), content),
    };
    files.iter().filter_map(|file| write(file).err()).collect()
}

/// Writes to stdout. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), String> {
    print_bytes(text.as_bytes())
}

/// The same for what is no text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), String> {
    let mut stdout = std::io::stdout();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(files::not_written(Path::new("stdout"), &error))
        }
        _ => Ok(()),
    }
}
