//! Servers that nobody here wrote: npm's `ws` and `socket.io`, Python's `websockets`. What they need is put
//! into the cache folder by `cargo xtask services`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{PATIENCE, repository};

/// A server at work. It ends with the value.
pub(crate) struct Servers {
    pub(crate) port: u16,
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Servers {
    /// `ws` and `socket.io`.
    pub(crate) async fn node() -> Self {
        let mut command = Command::new("node");
        command.arg(folder().join("servers.mjs")).env("PACKAGES", cached("node"));
        Self::start(command).await
    }

    /// `websockets`.
    pub(crate) async fn python() -> Self {
        let mut command = Command::new("python3");
        command.arg(folder().join("servers.py")).env("PYTHONPATH", cached("python"));
        Self::start(command).await
    }

    /// A collector of OpenTelemetry, which says `grpc PORT` besides.
    pub(crate) async fn otlp() -> Self {
        let mut command = Command::new("python3");
        let script = repository("crates/plimsoll/tests/outputs/otlp.py");
        command.arg(script).env("PYTHONPATH", cached("python"));
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("node and python3 are installed");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.expect("it starts in time");
        let first = first.expect("readable").expect("it starts; run `cargo xtask services`");
        let port = first.strip_prefix("listening ").expect("it tells its port").parse().expect("a port");
        Servers { port, process, lines }
    }

    /// Waits until the server says something that begins so.
    pub(crate) async fn says(&mut self, beginning: &str) -> String {
        let found = async {
            while let Some(line) = self.lines.next_line().await.expect("readable") {
                if line.starts_with(beginning) {
                    return line;
                }
            }
            panic!("the server has ended and did not say {beginning:?}");
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("nobody has said {beginning:?}"))
    }

    /// Ends the server.
    pub(crate) async fn stop(mut self) {
        self.process.kill().await.expect("it can be killed");
    }
}

/// Runs the official client against a server, and gives what it printed.
pub(crate) async fn official(url: &str) -> String {
    let work = tempfile::TempDir::new().expect("a temporary folder");
    for (from, to) in [("behaviour.js", "behaviour.mjs"), ("official.mjs", "official.mjs")] {
        std::fs::copy(folder().join(from), work.path().join(to)).expect("copied");
    }
    let mut command = Command::new("node");
    command.arg(work.path().join("official.mjs")).env("PACKAGES", cached("node")).env("URL", url);
    let output = timeout(PATIENCE, command.kill_on_drop(true).output()).await.expect("it ends in time");
    let output = output.expect("node is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Where the scripts of the servers are.
pub(crate) fn folder() -> PathBuf {
    repository("crates/plimsoll/tests/sockets")
}

/// The folder of the packages of npm.
pub(crate) fn packages() -> PathBuf {
    cached("node")
}

/// Where `cargo xtask services` puts packages.
pub(crate) fn cached(language: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|name| !name.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(home).expect("a home folder");
    let packages = cache.join("plimsoll/services").join(language);
    assert!(packages.is_dir(), "{} is not there: run `cargo xtask services`", packages.display());
    packages
}
