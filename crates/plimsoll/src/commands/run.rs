//! The command `run`: load, plan, run, summarise. Reads top to bottom.

use std::path::Path;
use std::sync::Arc;

use plimsoll_engine::{EventSink, Phase, Run, RunConfig, RunEvent, RunOutcome, ScriptPhases};
use plimsoll_metrics::{Goals, Thresholds};
use plimsoll_plan::Plan;
use plimsoll_report::record::{End, Header};
use plimsoll_report::{Observations, Validity};
use plimsoll_script::ScriptFactory;
use tokio::sync::Notify;

use crate::ceiling::Certificate;
use crate::cli::RunArguments;
use crate::control::Server;
use crate::dashboard::Planned;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::following::{Following, Wanted};
use crate::loaded::{LoadedTest, SystemEnvironment};
use crate::log::Log;
use crate::outputs::Outputs;
use crate::progress::Progress;
use crate::screen::Screen;
use crate::serving::Serving;
use crate::summary::Ending;
use crate::vitals::Monitor;
use crate::{banner, network, record, signals, verdict};

/// Runs a test and tells how it went.
///
/// # Errors
/// What kept it from running, or its result from being written.
pub(crate) fn run(arguments: &RunArguments, screen: &Arc<Screen>, log: &Log) -> Result<Exit, Failure> {
    let signals = signals::Watch::start()?;
    let control = match &arguments.address {
        Some(address) => Server::bind(address)?,
        None => None,
    };
    let test = LoadedTest::load(&arguments.test, SystemEnvironment::Visible, log)?;
    let LoadedTest { bundle, plan } = &test;
    let net = network::options(plan).map_err(Failure::Options)?;
    if !plan.options.console_output.is_empty() {
        log.console_to(Path::new(&plan.options.console_output))?;
    }
    // Read now: it may have changed when the run is over.
    let script_text = plan.options.new_machine_readable_summary.then(|| text_of(&arguments.test.script));
    let certificate = Certificate::find(&arguments.test.script);
    let factory = ScriptFactory::new(Arc::new(bundle.script(plan, net)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System { what: "no event loop could be made", source })?;
    let pictures = Planned::prepare(arguments, plan)?;
    let wanted = Wanted { pictures, record: record::prepare(arguments)? };
    let header = record::header(&test, &arguments.test.script, arguments.no_data());
    runtime.block_on(async {
        let outputs = Outputs::start(plan, bundle.registry()).await?;
        let monitor = Monitor::new();
        let (script, header) = (factory.clone(), &header);
        let ready = Ready { arguments, test: &test, factory: script, screen, header, monitor: &monitor };
        let (outcome, control, following) = ready.execute(&signals, &outputs, control, wanted).await?;
        following.finish();
        let goals = Goals::bind(&plan.goals, bundle.registry()).unwrap_or_default();
        let goals = goals.evaluate(&outcome.aggregate, outcome.measured_duration());
        let mut ending = Ending {
            arguments,
            bundle,
            plan,
            outcome: &outcome,
            goals,
            observations: observe(&monitor, plan, &outcome, certificate.as_ref()),
            validity: Validity::default(),
            lost_samples: 0,
            script_text,
            pictures: &following.pictures,
            header,
        };
        ending.judge_measurement(0);
        let written = outputs.finish(ending.for_outputs()).await;
        ending.judge_measurement(written.lost);
        let summary = ending.summary();
        let mut exit = verdict::code(&ending);
        // A file that was asked for and is not there must not pass as a success.
        if written.is_file_missing && exit == Exit::Success {
            exit = Exit::Other;
        }
        let summarised = ending.summarise(&summary, factory, exit).await;
        verdict::tell(&ending);
        if let Err(failure) = summarised {
            tracing::error!(target: "plimsoll", "{failure}");
            // What the run itself came to weighs more than a file that could not be written.
            exit = if exit == Exit::Success { failure.exit() } else { exit };
        }
        let warm_up = outcome.warm_up.as_ref().map(|warm_up| warm_up.duration);
        following.end_record(&End { run: summary.run, warm_up, exit_code: exit as u8 });
        if plan.options.linger {
            signals.linger().await;
        }
        if let Some(control) = control {
            control.finish().await;
        }
        following.pictures.close().await;
        Ok(exit)
    })
}

/// What was observed of the measurement, beside the ceiling if somebody has calibrated.
fn observe(
    monitor: &Monitor,
    plan: &Plan,
    outcome: &RunOutcome,
    certificate: Option<&Certificate>,
) -> Observations {
    let mut observations = monitor.observe(plan, outcome);
    observations.ceiling = certificate.map(|certificate| certificate.used_by(&observations));
    observations
}

/// The script's text, or nothing when it cannot be read a second time.
fn text_of(script: &Path) -> String {
    std::fs::read_to_string(script).unwrap_or_default()
}

/// A test that is ready to run, and where it is shown.
struct Ready<'a> {
    arguments: &'a RunArguments,
    test: &'a LoadedTest,
    factory: ScriptFactory,
    screen: &'a Arc<Screen>,
    header: &'a Header,
    monitor: &'a Monitor,
}

impl Ready<'_> {
    async fn execute(
        self,
        signals: &signals::Watch,
        outputs: &Outputs,
        control: Option<Server>,
        wanted: Wanted,
    ) -> Result<(RunOutcome, Option<Serving>, Following), Failure> {
        let Ready { arguments, test: LoadedTest { plan, .. }, screen, monitor, .. } = self;
        let mut config = self.config();
        outputs.attach(&mut config);
        monitor.attach(&mut config);
        let dashboard = wanted.pictures.address();
        let factory = self.factory.clone();
        let phases = Arc::new(Notify::new());
        let events = event_sink(plan, monitor, Arc::clone(&phases));
        let run = Run::new(Arc::clone(plan), self.factory, config, events);
        signals.guard(run.control());
        let address = control.as_ref().map(|control| control.address);
        let serve = |server: Server| server.start(self.test.subject(&run, factory, monitor));
        let control = control.map(serve).transpose()?;
        let watched = self.test.watched(&run, arguments, monitor);
        let following = wanted.begin(watched, self.header.clone(), phases)?;
        if control.is_none() && plan.options.paused {
            tracing::warn!(
                target: "plimsoll",
                "the test is going to wait, and nobody can resume it: there is no control API (see --address)"
            );
        }
        let state = run.state();
        if arguments.logging.quiet {
            let outcome = tokio::select! {
                outcome = run.execute() => outcome,
                never = following.follow() => match never {},
                never = monitor.watch(&state) => match never {},
            };
            return Ok((outcome, control, following));
        }
        let record = following.record();
        screen.print(&banner::render(arguments, plan, &outputs.describe(), address, dashboard, record));
        let progress = Progress::new(run.state(), run.control(), plan, screen);
        let outcome = tokio::select! {
            outcome = run.execute() => outcome,
            never = following.follow() => match never {},
            never = monitor.watch(&state) => match never {},
            () = progress.show() => unreachable!("progress is shown until the run has ended"),
        };
        progress.finish();
        Ok((outcome, control, following))
    }

    fn config(&self) -> RunConfig {
        let LoadedTest { bundle, plan } = self.test;
        RunConfig {
            phases: ScriptPhases {
                setup: self.test.exports("setup"),
                teardown: self.test.exports("teardown"),
            },
            // `check_thresholds` has found every metric.
            thresholds: Thresholds::bind(&plan.thresholds, bundle.registry()).unwrap_or_default(),
            ..RunConfig::default()
        }
    }
}

/// Who listens to a run's events.
fn event_sink(plan: &Plan, monitor: &Monitor, phases: Arc<Notify>) -> EventSink {
    let (log, monitor) = (log_event(plan), monitor.clone());
    EventSink::new(move |event| {
        monitor.note(&event);
        if matches!(event, RunEvent::PhaseBegan(_)) {
            phases.notify_one();
        }
        log(event);
    })
}

/// What the log says of a run's events. Numbers are the progress display's business.
pub(super) fn log_event(plan: &Plan) -> impl Fn(RunEvent) + Send + Sync + 'static {
    let scenarios: Vec<(String, &'static str)> =
        plan.scenarios.iter().map(|scenario| (scenario.name.clone(), scenario.executor.name())).collect();
    move |event| match event {
        RunEvent::IterationThrew { scenario, vu, error } => {
            let (name, executor) = &scenarios[scenario];
            let message = verdict::with_stack(&error);
            tracing::error!(
                target: "plimsoll",
                executor,
                scenario = name.as_str(),
                vu = vu.0,
                source = "stacktrace",
                "{message}"
            );
        }
        RunEvent::ThresholdsCrossed { names } => {
            tracing::debug!(target: "plimsoll", "thresholds on {} are crossed", names.join(", "));
        }
        RunEvent::VusExhausted { scenario, max } => {
            let (name, executor) = &scenarios[scenario];
            tracing::warn!(
                target: "plimsoll", executor, scenario = name.as_str(),
                "all {max} VUs are busy and there may be no more: iterations are dropped (see maxVUs)",
            );
        }
        RunEvent::AlsoFailed(end) => {
            tracing::error!(target: "plimsoll", "{}", verdict::why(&end).unwrap_or_default());
        }
        RunEvent::PhaseBegan(Phase::Paused) => {
            tracing::info!(
                target: "plimsoll", "the test is paused: its VUs are there, and it waits to be resumed"
            );
        }
        RunEvent::PhaseBegan(phase) => tracing::debug!(target: "plimsoll", "phase {phase:?}"),
        RunEvent::VusInitialised { .. }
        | RunEvent::ScenarioStarted { .. }
        | RunEvent::ScenarioEnded { .. }
        | RunEvent::Stopping(_) => {}
    }
}
