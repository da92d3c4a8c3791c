//! A Valkey (or Redis) of a test's own, on a port of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use insightdesk::config::ValkeyUrl;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{PATIENCE, free_port};

/// A server at work. It ends with the value.
pub(crate) struct Valkey {
    port: u16,
    process: Child,
}

impl Valkey {
    pub(crate) async fn start() -> Self {
        let port = free_port().await;
        Self { port, process: serve(port).await }
    }

    pub(crate) fn url(&self) -> Option<ValkeyUrl> {
        let url = format!("redis://127.0.0.1:{}", self.port);
        ValkeyUrl::parse(Some(&url)).expect("a URL")
    }

    /// Ends the server without a word to its clients.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// Starts it again, with nothing in it.
    pub(crate) async fn resume(&mut self) {
        self.process = serve(self.port).await;
    }
}

async fn serve(port: u16) -> Child {
    let mut command = Command::new(program());
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.current_dir(std::env::temp_dir()).spawn().expect("the server starts");
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
    let ready = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("Ready to accept connections") {
                return true;
            }
        }
        false
    };
    assert!(timeout(PATIENCE, ready).await.expect("ready in time"), "the server does not start");
    // Whatever else it says must not fill the pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    process
}

/// The program, from where `cargo xtask services` puts it, or from the system.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(super::services()).chain(std::env::split_paths(&path));
    let names = ["valkey-server", "redis-server"];
    let found = folders.find_map(|folder: PathBuf| {
        names.iter().map(|name| Path::join(&folder, name)).find(|program| program.is_file())
    });
    found.expect("neither valkey-server nor redis-server is here: run `cargo xtask services`")
}
