//! What is drawn of a run: the report, and the page that shows it meanwhile.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use plimsoll_plan::Plan;
use plimsoll_report::record::Second;
use plimsoll_report::{Summary, Timeline};

use super::server::Dashboard;
use super::settings::Settings;
use super::view::{View, Watched};
use crate::cli::RunArguments;
use crate::control::Given;
use crate::environment;
use crate::failure::Failure;
use crate::serving::{Listener, Serving};

/// How often pages are brought up to date unless somebody says otherwise.
const PERIOD: Duration = Duration::from_secs(1);

/// What is going to be drawn of a run.
pub(crate) struct Planned {
    settings: Option<Settings>,
    listener: Option<Listener>,
    are_wanted: bool,
}

impl Planned {
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
        let are_wanted = settings.is_some() || !arguments.reports.is_empty();
        Ok(Planned { settings, listener, are_wanted })
    }

    /// Where the dashboard is, if anywhere.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.address)
    }

    /// Serves the dashboard.
    ///
    /// # Errors
    /// When the system refuses a thread or an event queue.
    pub(crate) fn begin(self, watched: Arc<Watched>) -> Result<Pictures, Failure> {
        let view = Arc::new(View::new(watched));
        let address = self.address();
        let period = self.settings.as_ref().map_or(PERIOD, |settings| settings.period);
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
        Ok(Pictures { view, serving, export, are_wanted: self.are_wanted })
    }
}

/// What is drawn of a run that is under way.
pub(crate) struct Pictures {
    view: Arc<View>,
    serving: Option<Serving>,
    export: Option<std::path::PathBuf>,
    are_wanted: bool,
}

impl Pictures {
    /// Whether anything is drawn at all.
    pub(crate) fn are_wanted(&self) -> bool {
        self.are_wanted
    }

    /// Draws what has happened.
    pub(crate) fn add(&self, second: &Second) {
        self.view.add(second);
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
