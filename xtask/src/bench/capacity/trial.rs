//! One search against one desk that misbehaves as told.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Pid;
use serde_json::Value;
use tokio::process::Command;

use crate::bench::cores::{Cores, pinned, pinned_until};
use crate::bench::limiter::{Limiter, Means};
use crate::http;
use crate::local_server::LocalServer;
use crate::process::Running;

/// The programs that take part.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) plimsoll: PathBuf,
    pub(super) insightdesk: PathBuf,
}

/// What a search is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Trial {
    /// The desk's faults, as JSON.
    pub(super) faults: String,
    /// Flags of `plimsoll capacity`; `{URL}` and `{PID}` stand for the desk's.
    pub(super) flags: Vec<String>,
    pub(super) script: String,
    /// Where the desk keeps its data; in memory by default.
    pub(super) database: Option<String>,
    /// Where desk and generator run; wherever the system likes by default.
    pub(super) cores: Option<Cores>,
    /// The share of the time in which the generator may run; all of it by default.
    pub(super) generator: Option<f64>,
}

/// What came of it.
pub(super) struct Found {
    pub(super) exit: Option<i32>,
    /// `capacity.json`, if there is one.
    pub(super) record: Value,
    /// Its answer; what it complained of if there is none.
    pub(super) said: String,
}

impl Found {
    pub(super) fn number(&self, pointer: &str) -> Option<f64> {
        self.record.pointer(pointer)?.as_f64()
    }

    pub(super) fn text(&self, pointer: &str) -> &str {
        self.record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Trial {
    /// Starts a desk, searches, and stops it.
    pub(super) async fn run(&self, root: &Path, programs: &Programs) -> Result<Found> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let mut serve = Command::new(&programs.insightdesk);
        let database = self.database.as_deref().unwrap_or("sqlite::memory:");
        serve.args(["serve", "--port", "0", "--instrument", "--database-url", database]);
        serve.env("LOG", "error").stderr(Stdio::null());
        let starting = LocalServer::start("insightdesk", &mut serve);
        let desk = match self.cores {
            Some(cores) => pinned_until(cores.target, starting).await?,
            None => starting.await?,
        };
        if !self.faults.is_empty() {
            let answer = http::post(desk.address(), "/__target/faults", &self.faults).await?;
            ensure!(answer.status < 300, "faults {}: {}", self.faults, answer.body);
        }
        let record = folder.path().join("capacity.json");
        let mut command = Command::new(&programs.plimsoll);
        command.current_dir(root).env("BASE_URL", desk.url());
        command.arg("capacity").arg(&self.script).arg("--record").arg(&record);
        let pid = desk.pid().map(|pid| pid.as_raw_nonzero().to_string()).unwrap_or_default();
        for flag in &self.flags {
            command.arg(flag.replace("{URL}", &desk.url()).replace("{PID}", &pid));
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        let mut start = || Running::spawn("plimsoll", &mut command);
        let running = match self.cores {
            Some(cores) => pinned(cores.generator, start)?,
            None => start()?,
        };
        let slowed = self.generator.zip(running.pid());
        let captured = tokio::select! {
            captured = running.capture() => captured?,
            failed = slow_down(slowed) => { failed?; unreachable!("holding ends with the process only") }
        };
        desk.stop().await?;
        let text = std::fs::read_to_string(&record).unwrap_or_default();
        Ok(Found {
            exit: captured.status.code(),
            record: serde_json::from_str(&text).unwrap_or_default(),
            said: if captured.stdout.is_empty() { captured.stderr } else { captured.stdout },
        })
    }
}

/// Holds a process down to a share of a core until it has ended.
async fn slow_down(whom: Option<(f64, Pid)>) -> Result<()> {
    if let Some((share, pid)) = whom {
        Limiter::new(Means::Auto, share)?.hold(pid).await?;
    }
    std::future::pending().await
}
