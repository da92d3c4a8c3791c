//! A Valkey (or Redis) of a test's own, on a port and in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{PATIENCE, server};

/// A server at work. It ends with the value.
pub(crate) struct Redis {
    pub(crate) port: u16,
    process: Child,
    _folder: TempDir,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with settings more, such as `--requirepass`.
    pub(crate) async fn start_with(settings: &[&str]) -> Self {
        // Between the choice of a port and its use somebody else may take it.
        for _ in 0..5 {
            let port = server::nobody().await.port();
            if let Some(redis) = Self::start_at(port, settings).await {
                return redis;
            }
        }
        panic!("no server could be started");
    }

    async fn start_at(port: u16, settings: &[&str]) -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(program());
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.arg("--dir").arg(folder.path()).args(settings);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let ready = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains("Ready to accept connections") {
                    return true;
                }
            }
            false
        };
        let ready = timeout(PATIENCE, ready).await.expect("ready in time");
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        ready.then_some(Redis { port, process, _folder: folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends the server without a word to its clients.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.expect("it can be killed");
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The program, from where `cargo xtask services` puts it, or from the system.
fn program() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|name| !name.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(home).map(|folder| folder.join("plimsoll/services"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = cache.into_iter().chain(std::env::split_paths(&path));
    let found = folders.find_map(|folder| {
        ["valkey-server", "redis-server"]
            .iter()
            .map(|name| folder.join(name))
            .find(|program| program.is_file())
    });
    found.expect("neither valkey-server nor redis-server is here: run `cargo xtask services`")
}
