//! A PostgreSQL server of the tests' own, on a port and in a folder of its own.
//!
//! All tests share one server, each with a database of its own; those that stop the server have a [`Server`]
//! to themselves. PostgreSQL refuses to run as root, so for root it runs as nobody.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insightdesk::storage::postgres::Address;
use insightdesk::{Config, spawn};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use super::{PATIENCE, free_port};

/// The user and group `nobody`, on every system that tests run on.
const NOBODY: u32 = 65_534;

/// A server at work. It ends with the value.
pub(crate) struct Server {
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = data_folder().await;
        let mut server = Self { port: free_port().await, folder, process: None };
        server.resume().await;
        server
    }

    /// Starts it again, on the same port with the same data.
    pub(crate) async fn resume(&mut self) {
        let mut command = server_command(self.folder.path(), self.port);
        self.process = Some(command.kill_on_drop(true).spawn().expect("the server starts"));
        ready(self.port).await;
    }

    /// Stops it; whoever is connected is cut off.
    pub(crate) async fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        let pid = process.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status().await.expect("kill runs");
        assert!(told.success());
        tokio::time::timeout(PATIENCE, process.wait()).await.expect("an end in time").expect("a status");
    }

    /// Lets it do nothing: connections stay open and nobody answers.
    pub(crate) async fn freeze(&self) {
        self.signal_all("-STOP").await;
    }

    /// Lets it go on where it was.
    pub(crate) async fn thaw(&self) {
        self.signal_all("-CONT").await;
    }

    async fn signal_all(&self, signal: &str) {
        let server = self.process.as_ref().and_then(Child::id).expect("it runs").to_string();
        let list = Command::new("ps").args(["-o", "pid=", "--ppid", &server]).output().await;
        let list = String::from_utf8(list.expect("ps runs").stdout).expect("numbers");
        let mut kill = Command::new("kill");
        // A connection may have ended just now, which kill complains about.
        kill.arg(signal).arg(server).args(list.split_whitespace()).stderr(Stdio::null());
        kill.status().await.expect("kill runs");
    }

    /// A new, empty database.
    pub(crate) async fn database(&self, name: &str) -> Address {
        create(self.port, name, "template0").await
    }
}

/// The server that tests share.
struct Shared {
    port: u16,
    /// When the write end of this pipe goes away, for whatever reason, so does the server.
    _lifeline: Child,
}

/// A database that nobody else uses, with the usual seed data.
pub(crate) async fn seeded() -> Address {
    static SEEDED: OnceCell<()> = OnceCell::const_new();
    let port = shared().await;
    let seed = async || {
        let database = create(port, "seeded", "template0").await.into();
        spawn(Config { database, ..Config::default() }).await.expect("a desk").shutdown().await;
    };
    SEEDED.get_or_init(seed).await;
    create(port, &new_name(), "seeded").await
}

/// A database that nobody else uses, without anything in it.
pub(crate) async fn empty() -> Address {
    create(shared().await, &new_name(), "template0").await
}

fn new_name() -> String {
    static DATABASES: AtomicUsize = AtomicUsize::new(0);
    format!("desk_{}", DATABASES.fetch_add(1, Ordering::Relaxed))
}

async fn shared() -> u16 {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    let start = async || {
        let folder = data_folder().await.keep();
        let port = free_port().await;
        // Nothing that tests share is ever dropped, so a shell watches over the server: it stops it and
        // removes its data when there is nothing more to be read, because the tests have ended.
        let script = "\"$@\" <&- & server=$!; read -r _; kill -INT $server; wait $server; rm -rf \"$0\"";
        let server = server_command(&folder, port);
        let mut shell = as_nobody(Command::new("sh"));
        shell.args(["-c", script]).arg(&folder).arg(server.as_std().get_program());
        shell.args(server.as_std().get_args()).stdin(Stdio::piped()).stdout(Stdio::null());
        let lifeline = shell.stderr(Stdio::null()).process_group(0).spawn().expect("the server starts");
        ready(port).await;
        Shared { port, _lifeline: lifeline }
    };
    SHARED.get_or_init(start).await.port
}

/// A folder with an empty cluster.
async fn data_folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    if is_root(folder.path()) {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give folders away");
    }
    let mut initdb = as_nobody(Command::new(programs().join("initdb")));
    initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C"]);
    let output = initdb.arg("-D").arg(folder.path().join("data")).current_dir(folder.path()).output();
    let output = output.await.expect("initdb runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn server_command(folder: &Path, port: u16) -> Command {
    let mut command = as_nobody(Command::new(programs().join("postgres")));
    command.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    // What a crash of the machine would destroy is of no value here.
    let settings = ["fsync=off", "full_page_writes=off", "max_connections=400", "shared_buffers=64MB"];
    let places = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
    for setting in settings.iter().chain(&places) {
        command.args(["-c", setting]);
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn as_nobody(mut command: Command) -> Command {
    if is_root(Path::new("/proc/self")) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Whether what this process makes belongs to root.
fn is_root(own: &Path) -> bool {
    fs::metadata(own).is_ok_and(|metadata| metadata.uid() == 0)
}

async fn ready(port: u16) {
    let address = Address::parse(&url(port, "postgres")).expect("an address");
    let connected = async {
        while connect(&address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, connected).await.expect("a server in time");
}

fn url(port: u16, database: &str) -> String {
    format!("postgresql://postgres@127.0.0.1:{port}/{database}")
}

async fn create(port: u16, name: &str, template: &str) -> Address {
    let admin = Address::parse(&url(port, "postgres")).expect("an address");
    execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    Address::parse(&url(port, name)).expect("an address")
}

pub(crate) async fn connect(address: &Address) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&address.to_string(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

pub(crate) async fn execute(address: &Address, sql: &str) {
    try_execute(address, sql).await.expect("executed");
}

/// Like `execute`, for what may be refused.
pub(crate) async fn try_execute(address: &Address, sql: &str) -> Result<(), tokio_postgres::Error> {
    connect(address).await.expect("connected").batch_execute(sql).await
}

pub(crate) async fn number(address: &Address, sql: &str) -> i64 {
    connect(address).await.expect("connected").query_one(sql, &[]).await.expect("a row").get(0)
}

/// The folder of `initdb` and `postgres`: where `cargo xtask services` puts them, or the system's.
fn programs() -> PathBuf {
    let own = std::iter::once(super::services().join("postgres/bin"));
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = own.chain(debian.into_iter().rev()).chain(std::env::split_paths(&path));
    let found = folders.find(|folder| folder.join("initdb").is_file());
    found.expect("there is no PostgreSQL server here (initdb, postgres): run `cargo xtask services`")
}
