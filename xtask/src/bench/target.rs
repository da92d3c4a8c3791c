//! The target of a measurement: `bench/target`, on a core of its own, and the ledger it keeps.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::cores::pinned;
use super::workload::Workload;
use crate::http;
use crate::local_server::LocalServer;

/// A target that listens.
pub(crate) struct Target {
    server: LocalServer,
}

impl Target {
    /// Starts the target on one core.
    pub(crate) async fn start(program: &Path, core: usize) -> Result<Self> {
        let mut command = Command::new(program);
        let starting = pinned(core, || LocalServer::spawn("the target", &mut command))?;
        Ok(Self { server: starting.announced().await? })
    }

    /// What generators are pointed at.
    pub(crate) fn url(&self) -> String {
        self.server.url() + "/"
    }

    /// What generators are pointed at for such a load.
    pub(crate) async fn url_for(&self, workload: Workload) -> Result<String> {
        let path = workload.path();
        if !workload.is_secure() {
            return Ok(self.server.url() + path);
        }
        let answer = http::ask(self.server.address(), "GET", "/__tls").await?;
        let port: Option<u16> = answer.body.strip_prefix("port=").and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("the target speaks no TLS: {:?}", answer.body))?;
        Ok(format!("https://127.0.0.1:{port}{path}"))
    }

    /// What was received since the ledger was last taken.
    pub(crate) async fn ledger(&self) -> Result<Ledger> {
        self.ask("GET").await
    }

    /// Like [`Self::ledger`], and counts from zero again.
    pub(crate) async fn take_ledger(&self) -> Result<Ledger> {
        self.ask("DELETE").await
    }

    /// Where it serves WebSockets: host and port.
    pub(crate) async fn sockets(&self) -> Result<String> {
        let answer = http::ask(self.server.address(), "GET", "/__sockets").await?;
        let port: Option<u16> = answer.body.strip_prefix("port=").and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("the target has no sockets: {:?}", answer.body))?;
        Ok(format!("127.0.0.1:{port}"))
    }

    /// Who came there.
    pub(crate) async fn crowd(&self) -> Result<Crowd> {
        let answer = http::ask(self.server.address(), "GET", "/__crowd").await?;
        Crowd::parse(&answer.body).with_context(|| format!("no counts: {:?}", answer.body))
    }

    /// Lets every answer wait for so long from now on.
    pub(crate) async fn delay(&self, delay: Duration) -> Result<()> {
        self.fault("delay", delay).await
    }

    /// Keeps all answers back until so long from now.
    pub(crate) async fn stall(&self, stall: Duration) -> Result<()> {
        self.fault("stall", stall).await
    }

    async fn fault(&self, name: &str, time: Duration) -> Result<()> {
        let path = format!("/__{name}/{}", time.as_millis());
        let answer = http::ask(self.server.address(), "PUT", &path).await?;
        ensure!(answer.status == 200, "the target answered {} to PUT {path}", answer.status);
        Ok(())
    }

    async fn ask(&self, method: &str) -> Result<Ledger> {
        let answer = http::ask(self.server.address(), method, "/__ledger").await?;
        ensure!(answer.status == 200, "the target answered {} when asked for its ledger", answer.status);
        Ledger::parse(&answer.body).with_context(|| format!("not a ledger: {:?}", answer.body))
    }

    /// Stops the target.
    pub(crate) async fn stop(self) -> Result<()> {
        self.server.stop().await
    }
}

/// What the target saw of connections that stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowd {
    pub(crate) connected: u64,
    pub(crate) subscribed: u64,
    pub(crate) left: u64,
    pub(crate) heartbeats: u64,
}

impl Crowd {
    fn parse(line: &str) -> Option<Self> {
        Some(Self {
            connected: value(line, "connected")?,
            subscribed: value(line, "subscribed")?,
            left: value(line, "left")?,
            heartbeats: value(line, "heartbeats")?,
        })
    }
}

/// The number of that name in a line of `key=value` pairs.
fn value(line: &str, key: &str) -> Option<u64> {
    let mut pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
    pairs.find(|&(name, _)| name == key)?.1.parse().ok()
}

/// What the target received. Instants are nanoseconds since the Unix epoch, 0 before the first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    pub(crate) first_request_ns: u64,
    last_request_ns: u64,
    answer_p99_ns: u64,
}

impl Ledger {
    fn parse(line: &str) -> Option<Self> {
        let value = |key| value(line, key);
        Some(Self {
            requests: value("requests")?,
            connections: value("connections")?,
            first_request_ns: value("first_request_ns")?,
            last_request_ns: value("last_request_ns")?,
            answer_p99_ns: value("answer_p99_ns")?,
        })
    }

    /// How long after it was read a request had its answer: the slowest but one of a hundred.
    pub(crate) fn answer_p99_ms(&self) -> f64 {
        self.answer_p99_ns as f64 / 1e6
    }

    /// Requests per second between the first and the last one.
    pub(crate) fn rate(&self) -> Option<f64> {
        let nanoseconds = self.last_request_ns.checked_sub(self.first_request_ns).filter(|&time| time > 0)?;
        Some(self.requests as f64 * 1e9 / nanoseconds as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_read_by_names() {
        let ledger = Ledger::parse(
            "requests=5 connections=2 first_request_ns=1000 last_request_ns=501000 answer_p50_ns=1 \
             answer_p99_ns=1500000",
        );
        let ledger = ledger.expect("well-formed");
        assert_eq!((ledger.requests, ledger.connections), (5, 2));
        assert_eq!(ledger.rate(), Some(10_000.0));
        assert_eq!(ledger.answer_p99_ms(), 1.5);
        assert_eq!(Ledger::parse("requests=5"), None);
    }

    #[test]
    fn one_request_has_no_rate() {
        let [first_request_ns, last_request_ns] = [7; 2];
        let ledger =
            Ledger { requests: 1, connections: 1, first_request_ns, last_request_ns, answer_p99_ns: 0 };
        assert_eq!(ledger.rate(), None);
    }
}
