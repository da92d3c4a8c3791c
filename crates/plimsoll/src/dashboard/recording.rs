//! Follows a run from second to second.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use plimsoll_plan::Plan;
use plimsoll_report::record::{Counts, Follower, Reading, ScenarioState};
use plimsoll_report::{Summary, Timeline};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::server::Dashboard;
use super::settings::Settings;
use super::view::{View, Watched};
use crate::cli::RunArguments;
use crate::control::Given;
use crate::environment;
use crate::failure::Failure;
use crate::serving::{Listener, Serving};

/// The engine merges what its workers have measured once a second, from the start of the run on.
const TICK: Duration = Duration::from_secs(1);
/// How long after that it is read, so that each reading holds one merge.
const AFTER: Duration = Duration::from_millis(250);

/// What is going to be drawn of a run.
pub(crate) struct Pictures {
    settings: Option<Settings>,
    listener: Option<Listener>,
    are_wanted: bool,
}

impl Pictures {
    /// Reads what was asked for, and binds the dashboard's address.
    ///
    /// # Errors
    /// Settings that make no sense, or an address that cannot be bound, unless it is k6's own.
    pub(crate) fn prepare(arguments: &RunArguments, plan: &Plan) -> Result<Self, Failure> {
        let settings = Settings::of(arguments.dashboard.as_deref(), plan, environment::variables())?;
        let listener = match settings.as_ref().and_then(|settings| settings.address.as_ref()) {
            None => None,
            Some(address) => match (Listener::bind(address), address.given) {
                (Ok(listener), _) => Some(listener),
                (Err(why), Given::Flag) => {
                    return Err(Failure::Dashboard { address: address.text.clone(), why });
                }
                (Err(why), Given::Environment) => {
                    tracing::warn!(target: "plimsoll", "no dashboard at {}: {why}", address.text);
                    None
                }
            },
        };
        if let Some(at) =
            listener.as_ref().map(|listener| listener.address).filter(|at| !at.ip().is_loopback())
        {
            tracing::warn!(
                target: "plimsoll", "the dashboard listens on {at}: whoever can reach it can watch the test"
            );
        }
        let are_wanted = settings.is_some() || arguments.report.is_some();
        Ok(Pictures { settings, listener, are_wanted })
    }

    /// Where the dashboard is, if anywhere.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.address)
    }

    /// Begins to follow a run, and serves the dashboard.
    ///
    /// # Errors
    /// When the system refuses a thread or an event queue.
    pub(crate) fn begin(self, watched: Watched) -> Result<Recording, Failure> {
        let view = Arc::new(View::new(watched));
        let address = self.address();
        let period = self.settings.as_ref().map_or(TICK, |settings| settings.period);
        let start = |listener: Listener| {
            let dashboard = Dashboard { view: Arc::clone(&view), period };
            let refused = |source| Failure::System { what: "the dashboard cannot be served", source };
            listener.start("dashboard", dashboard).map_err(refused)
        };
        let serving = self.listener.map(start).transpose()?;
        if let (true, Some(address)) =
            (self.settings.as_ref().is_some_and(|settings| settings.opens), address)
        {
            open_browser(address);
        }
        let export = self.settings.and_then(|settings| settings.export);
        Ok(Recording { view, serving, export, are_wanted: self.are_wanted, follower: RefCell::default() })
    }
}

/// A run that is followed.
pub(crate) struct Recording {
    view: Arc<View>,
    serving: Option<Serving>,
    export: Option<std::path::PathBuf>,
    are_wanted: bool,
    follower: RefCell<Follower>,
}

impl Recording {
    /// Follows the run for as long as it is polled.
    pub(crate) async fn follow(&self) -> Infallible {
        if !self.are_wanted {
            return std::future::pending().await;
        }
        let mut ticks = interval_at(Instant::now() + TICK + AFTER, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.read();
        }
    }

    fn read(&self) {
        let watched = &self.view.watched;
        let (state, mut follower) = (&watched.state, self.follower.borrow_mut());
        if state.test_started().is_none() {
            return;
        }
        let scenarios = state.scenarios().iter();
        let started = scenarios.map(|scenario| scenario.progress.started_iterations()).sum();
        let (complete, interrupted) = (state.complete_iterations(), state.interrupted_iterations());
        let mut timeline = self.view.timeline();
        watched.measurements.read(|aggregate| {
            let at = watched.measured();
            let second = follower.follow(Reading {
                at,
                aggregate,
                warm_up: None,
                warming_up: state.is_warming_up(),
                warmed_up: state.warm_up_elapsed(),
                vus: state.active_vus(),
                counts: Counts { started, complete, interrupted },
                rate: self.planned_rate(),
                scenarios: self.scenarios(),
            });
            timeline.follow(&second);
            if !second.warming_up {
                timeline.judge(at, &watched.thresholds.evaluate(aggregate, at));
            }
        });
        drop(timeline);
        self.view.announce();
    }

    /// Iterations a second that arrival rates want just now.
    fn planned_rate(&self) -> f64 {
        let Watched { plan, state, .. } = &self.view.watched;
        let rate = |(plan, state): (&plimsoll_plan::Scenario, &Arc<plimsoll_engine::ScenarioContext>)| {
            let elapsed = state.progress.elapsed();
            let goes_on = !elapsed.is_zero() && elapsed < state.progress.duration;
            goes_on.then(|| plan.rate_at(elapsed)).flatten()
        };
        plan.scenarios.iter().zip(state.scenarios()).filter_map(rate).sum()
    }

    fn scenarios(&self) -> Vec<ScenarioState> {
        let state = &self.view.watched.state;
        let Some(begun) = state.test_started().map(|begun| begun + state.warm_up_elapsed()) else {
            return Vec::new();
        };
        let span = |scenario: &Arc<plimsoll_engine::ScenarioContext>| {
            let progress = &scenario.progress;
            let started_at = progress.started_at()?;
            let warm_up = begun.saturating_duration_since(started_at);
            Some(ScenarioState {
                name: Arc::clone(&scenario.name),
                executor: scenario.executor.into(),
                start: started_at.saturating_duration_since(begun),
                length: progress.elapsed().saturating_sub(warm_up),
                made_on_demand: progress.vus_made_on_demand(),
                dropped: progress.dropped_iterations(),
            })
        };
        state.scenarios().iter().filter_map(span).collect()
    }

    /// What came in after the last reading.
    pub(crate) fn finish(&self) {
        if self.are_wanted {
            self.read();
        }
    }

    /// What happened when.
    pub(crate) fn timeline(&self) -> Timeline {
        self.view.timeline().clone()
    }

    /// Where else the report goes.
    pub(crate) fn export(&self) -> Option<&Path> {
        self.export.as_deref()
    }

    /// Shows the final state.
    pub(crate) fn show(&self, summary: &Summary) {
        if self.serving.is_some() {
            self.view.close(summary);
        }
    }

    /// Ends the dashboard. Pages that are open keep what they show.
    pub(crate) async fn close(self) {
        if let Some(serving) = self.serving {
            serving.finish().await;
        }
    }
}

/// Opens the dashboard in the user's browser, where there is one.
fn open_browser(address: SocketAddr) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(format!("http://{address}"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        tracing::warn!(target: "plimsoll", "no browser could be opened with {program}: {error}");
    }
}
