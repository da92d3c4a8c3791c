//! PostgreSQL and Valkey of a measurement's own, each on a free port, with the settings that they come with.
//!
//! PostgreSQL refuses to run as root, so for root it runs as nobody.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use crate::process::Running;
use crate::services;

/// The user and group `nobody`.
const NOBODY: u32 = 65_534;
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A PostgreSQL server and its data. Both end with the value.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    running: Option<Running>,
}

impl Postgres {
    pub(crate) async fn start() -> Result<Self> {
        let programs = services::postgres_programs()?;
        let folder = TempDir::new().context("a temporary folder")?;
        if is_root(folder.path())? {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).context("the folder of the data")?;
        }
        let mut initdb = as_nobody(Command::new(programs.join("initdb")))?;
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"]);
        initdb.arg(folder.path().join("data")).current_dir(folder.path());
        initdb.stdout(Stdio::piped()).stderr(Stdio::piped());
        let made = Running::spawn("initdb", &mut initdb)?.capture().await?;
        ensure!(made.status.success(), "initdb failed ({}):\n{}", made.status, made.stderr);
        let mut postgres = Self { programs, folder, port: free_port().await?, running: None };
        postgres.resume().await?;
        Ok(postgres)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it again, on the same port with the same data.
    pub(crate) async fn resume(&mut self) -> Result<()> {
        let mut command = as_nobody(Command::new(self.programs.join("postgres")))?;
        command.arg("-D").arg(self.folder.path().join("data")).args(["-p", &self.port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(Running::spawn("postgres", command.current_dir(self.folder.path()))?);
        let deadline = Instant::now() + START_TIMEOUT;
        while tokio_postgres::connect(&self.url(), NoTls).await.is_err() {
            ensure!(Instant::now() < deadline, "PostgreSQL is not ready in time");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Stops it; whoever is connected is cut off.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let running = self.running.take().context("PostgreSQL does not run")?;
        running.stop(Signal::INT).await.map(drop)
    }

    /// Leaves it running and lets it do nothing: connections stay open and nobody answers.
    pub(crate) fn freeze(&self) -> Result<()> {
        self.signal_all(Signal::STOP)
    }

    pub(crate) fn thaw(&self) -> Result<()> {
        self.signal_all(Signal::CONT)
    }

    fn signal_all(&self, signal: Signal) -> Result<()> {
        let server = self.running.as_ref().and_then(Running::pid).context("PostgreSQL does not run")?;
        // The server first, so that it starts nobody else meanwhile.
        for pid in std::iter::once(server).chain(children(server)?) {
            // A connection may have ended just now.
            let _ = kill_process(pid, signal);
        }
        Ok(())
    }

    /// The first column of each row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await?;
        let connection = tokio::spawn(connection);
        let rows = client.query(sql, &[]).await;
        connection.abort();
        rows?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

fn children(parent: Pid) -> Result<Vec<Pid>> {
    let parent = parent.as_raw_pid();
    let path = format!("/proc/{parent}/task/{parent}/children");
    let list = fs::read_to_string(&path).context(path)?;
    Ok(list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect())
}

fn is_root(own: &Path) -> Result<bool> {
    Ok(fs::metadata(own).with_context(|| own.display().to_string())?.uid() == 0)
}

fn as_nobody(mut command: Command) -> Result<Command> {
    if is_root(Path::new("/proc/self"))? {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ok(command)
}

/// A Valkey that keeps nothing.
pub(crate) struct Valkey {
    program: PathBuf,
    port: u16,
    running: Option<Running>,
}

impl Valkey {
    pub(crate) async fn start() -> Result<Self> {
        let mut valkey =
            Self { program: services::valkey_program()?, port: free_port().await?, running: None };
        valkey.resume().await?;
        Ok(valkey)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it without a word to its clients.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }

    /// Starts it again, with nothing in it.
    pub(crate) async fn resume(&mut self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--appendonly", "no"]).current_dir(std::env::temp_dir());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(Running::spawn("valkey", &mut command)?);
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if Instant::now() > deadline {
                bail!("Valkey is not ready in time");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_a_process_are_listed() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().expect("it starts");
        let own = Pid::from_raw(std::process::id().cast_signed()).expect("not zero");
        let thread = fs::read_link("/proc/thread-self").expect("a thread");
        // The kernel lists the children of one thread; servers such as PostgreSQL have only one.
        let list = fs::read_to_string(Path::new("/proc").join(thread).join("children")).expect("a list");
        assert!(list.split_whitespace().any(|pid| pid == child.id().to_string()), "{list}");
        assert!(children(own).is_ok());
        child.kill().expect("it ends");
        child.wait().expect("it has ended");
    }
}
