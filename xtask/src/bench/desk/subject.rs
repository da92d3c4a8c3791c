//! The desk that is measured, and what it says about itself: its ledger and its metrics.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Pid;
use serde::Deserialize;
use tokio::process::Command;

use crate::build;
use crate::http;
use crate::local_server::LocalServer;
use crate::stores::{Postgres, Valkey};
use crate::workspace::Workspace;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Programs {
    /// Take this plimsoll instead of building one
    #[arg(long, value_name = "PATH")]
    plimsoll: Option<PathBuf>,
    /// Take this InsightDesk instead of building one
    #[arg(long, value_name = "PATH")]
    insightdesk: Option<PathBuf>,
}

/// Two servers that keep things, and the desk in front of them.
pub(super) struct Subject {
    pub(super) postgres: Postgres,
    pub(super) valkey: Valkey,
    server: LocalServer,
    /// Runs the scripts.
    pub(super) plimsoll: PathBuf,
}

impl Subject {
    /// Builds what is not there and starts everything.
    pub(super) async fn start(workspace: &Workspace, programs: &Programs) -> Result<Self> {
        let plimsoll = build::given_or_release(workspace, "plimsoll", programs.plimsoll.as_ref()).await?;
        let insightdesk =
            build::given_or_release(workspace, "insightdesk", programs.insightdesk.as_ref()).await?;
        let (postgres, valkey) = (Postgres::start().await?, Valkey::start().await?);
        let mut command = Command::new(insightdesk);
        command.args(["serve", "--port", "0", "--instrument", "--log", "error"]);
        command.args(["--database-url", &postgres.url(), "--valkey-url", &valkey.url()]);
        let server = LocalServer::start("insightdesk", &mut command).await?;
        Ok(Self { postgres, valkey, server, plimsoll })
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    pub(super) fn pid(&self) -> Result<Pid> {
        self.server.pid().context("insightdesk has ended")
    }

    /// The account so far, without what we ourselves asked for.
    pub(super) async fn ledger(&self) -> Result<Ledger> {
        let answer = self.ask("/__target/ledger").await?;
        let report: Report = serde_json::from_str(&answer).context("the ledger")?;
        let of_generator =
            |route: &Route| !route.name.contains("/__target/") && !route.name.ends_with("/metrics");
        Ok(Ledger { routes: report.routes.into_iter().filter(of_generator).collect() })
    }

    /// A number without labels of `/metrics`.
    pub(super) async fn metric(&self, name: &str) -> Result<u64> {
        let text = self.ask("/metrics").await?;
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        let value = lines.find(|&(found, _)| found == name).and_then(|(_, value)| value.parse().ok());
        value.with_context(|| format!("the desk has no metric {name}"))
    }

    /// Replaces all faults.
    pub(super) async fn faults(&self, settings: &str) -> Result<()> {
        let answer = http::post(self.server.address(), "/__target/faults", settings).await?;
        ensure!(answer.status == 200, "{settings}: {} {}", answer.status, answer.body);
        Ok(())
    }

    async fn ask(&self, path: &str) -> Result<String> {
        let answer = http::ask(self.server.address(), "GET", path).await?;
        ensure!(answer.status == 200, "the desk answered {} to GET {path}", answer.status);
        Ok(answer.body)
    }

    /// Stops everything.
    pub(super) async fn stop(mut self) -> Result<()> {
        self.server.stop().await?;
        self.postgres.stop().await
    }
}

#[derive(Deserialize)]
struct Report {
    routes: Vec<Route>,
}

/// What the desk saw of one route.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Route {
    #[serde(rename = "route")]
    pub(super) name: String,
    pub(super) received: u64,
    pub(super) abandoned: u64,
    pub(super) in_flight: u64,
    pub(super) by_status: BTreeMap<u16, u64>,
    pub(super) latency: Latency,
}

/// From the request's head read to the answer ready.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    pub(super) p50_us: u64,
    pub(super) p95_us: u64,
    pub(super) p99_us: u64,
}

/// What the desk saw.
pub(super) struct Ledger {
    pub(super) routes: Vec<Route>,
}

impl Ledger {
    pub(super) fn received(&self) -> u64 {
        self.routes.iter().map(|route| route.received).sum()
    }

    /// Requests that had no answer when they were counted, or whose client left.
    pub(super) fn unanswered(&self) -> u64 {
        self.routes.iter().map(|route| route.in_flight + route.abandoned).sum()
    }

    /// Answers with a status from 500.
    pub(super) fn server_errors(&self) -> u64 {
        let statuses = self.routes.iter().flat_map(|route| &route.by_status);
        statuses.filter(|&(&status, _)| status >= 500).map(|(_, count)| count).sum()
    }
}
