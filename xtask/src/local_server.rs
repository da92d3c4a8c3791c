//! A server of ours, started on a free port of this machine.
//!
//! The convention is that of all our servers: the first line of stdout ends in the address it listens on.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::process::Running;
use crate::say::say;

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The server's announcement, up to the address.
const ANNOUNCEMENT: &str = "listening on http://";

/// A server that has said where it listens.
pub(crate) struct LocalServer {
    running: Running,
    address: SocketAddr,
    /// Keeps reading what the server says, so that it never waits for a reader.
    drain: JoinHandle<()>,
}

impl LocalServer {
    /// Starts the server and waits for its announcement.
    pub(crate) async fn start(name: &str, command: &mut Command) -> Result<Self> {
        Self::spawn(name, command)?.announced().await
    }

    /// The first half of [`Self::start`], for a caller that wants to do it under circumstances of its own.
    pub(crate) fn spawn(name: &str, command: &mut Command) -> Result<Starting> {
        Ok(Starting(Running::spawn(name, command.stdout(std::process::Stdio::piped()))?))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as scripts and generators want it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process id, as long as it has not been waited for.
    pub(crate) fn pid(&self) -> Option<Pid> {
        self.running.pid()
    }

    /// Asks it to stop and waits for its end. That it had ended before, or ends badly, is said and no
    /// failure: what it was needed for is over.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let name = self.running.name().to_owned();
        if let Some(status) = self.running.has_ended()? {
            say!(progress "{name} had ended before it was told to ({status})");
            return Ok(());
        }
        let status = self.running.stop(Signal::TERM).await?;
        self.drain.abort();
        if !status.success() && status.signal() != Some(Signal::TERM.as_raw()) {
            say!(progress "{name} ended with {status}");
        }
        Ok(())
    }
}

/// A server that was started and has said nothing yet.
pub(crate) struct Starting(Running);

impl Starting {
    /// Waits for the announcement.
    pub(crate) async fn announced(self) -> Result<LocalServer> {
        let Self(mut running) = self;
        let mut stdout = BufReader::new(running.take_stdout().context("stdout is piped")?);
        let announcement = tokio::time::timeout(START_TIMEOUT, announced_address(&mut stdout)).await;
        let address = match announcement {
            Ok(address) => address.with_context(|| format!("{} did not start", running.name()))?,
            Err(_) => {
                bail!("{} said nothing of its address in {} s", running.name(), START_TIMEOUT.as_secs())
            }
        };
        let drain = tokio::spawn(async move {
            let _ = tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await;
        });
        Ok(LocalServer { running, address, drain })
    }
}

async fn announced_address(stdout: &mut BufReader<ChildStdout>) -> Result<SocketAddr> {
    let mut lines = stdout.lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, rest)) = line.split_once(ANNOUNCEMENT) {
            let address = rest.split_whitespace().next().unwrap_or_default().trim_end_matches('/');
            return address.parse().with_context(|| format!("not an address: {address:?}"));
        }
    }
    bail!("it ended without a word about its address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn the_address_is_read_from_the_announcement() {
        let mut command = shell("echo hello; echo 'x: listening on http://127.0.0.1:4711'; exec sleep 600");
        let server = LocalServer::start("x", &mut command).await.expect("it announces");
        assert_eq!(server.url(), "http://127.0.0.1:4711");
    }

    #[tokio::test]
    async fn a_server_that_ends_at_once_is_an_error() {
        let error = LocalServer::start("x", &mut shell("echo no")).await.err().expect("it does not announce");
        assert_eq!(format!("{error:#}"), "x did not start: it ended without a word about its address");
    }
}
