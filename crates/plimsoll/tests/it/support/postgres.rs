//! PostgreSQL servers that tests share, one without TLS and one with it, each on a port and in a folder of
//! its own.
//!
//! PostgreSQL refuses to run as root, so for root it runs as nobody.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use super::secured::Papers;
use super::{PATIENCE, server};

/// The user and group `nobody`, on every system that tests run on.
const NOBODY: u32 = 65_534;

/// Who has to say a password.
const LOGINS: &str = "host all ann all scram-sha-256\nhost all bob all md5\nhost all all all trust\n";

struct Shared {
    port: u16,
    /// Who vouches for the server's certificate, as PEM.
    root: String,
    /// When the write end of this pipe goes away, for whatever reason, so does the server.
    _lifeline: Child,
}

/// The port of the server, whose user `postgres` needs no password.
pub(crate) async fn port() -> u16 {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    SHARED.get_or_init(|| start(None)).await.port
}

/// The port of the server that speaks TLS as `localhost`, and who vouches for it, as PEM.
pub(crate) async fn secured() -> (u16, &'static str) {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    let shared = SHARED.get_or_init(|| start(Some(Papers::of_localhost()))).await;
    (shared.port, &shared.root)
}

/// A data source name for it.
pub(crate) async fn url() -> String {
    format!("postgres://postgres@127.0.0.1:{}/postgres", port().await)
}

async fn start(papers: Option<Papers>) -> Shared {
    let folder = data_folder().await.keep();
    let port = server::nobody().await.port();
    // Nothing that tests share is ever dropped, so a shell watches over the server: it stops it and removes
    // its data when there is nothing more to be read, because the tests have ended.
    let script = "\"$@\" <&- & server=$!; read -r _; kill -INT $server; wait $server; rm -rf \"$0\"";
    let mut shell = as_nobody("sh");
    shell.args(["-c", script]).arg(&folder).arg(programs().join("postgres"));
    shell.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    let settings = ["fsync=off", "max_connections=200", "shared_buffers=32MB"];
    for setting in settings.iter().chain(&["listen_addresses=127.0.0.1", "unix_socket_directories="]) {
        shell.args(["-c", setting]);
    }
    if let Some(papers) = &papers {
        write_papers(&folder.join("data"), papers);
        shell.args(["-c", "ssl=on"]);
    }
    shell.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let lifeline = shell.process_group(0).spawn().expect("the server starts");
    let status = folder.join("data/postmaster.pid");
    let ready = async {
        while !fs::read_to_string(&status).is_ok_and(|text| text.contains("ready")) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("a server in time");
    Shared { port, root: papers.map(|papers| papers.root).unwrap_or_default(), _lifeline: lifeline }
}

/// Puts certificate and key where the server looks for them; it refuses keys that others can read.
fn write_papers(folder: &Path, papers: &Papers) {
    for (name, text) in [("server.crt", &papers.certificate), ("server.key", &papers.key)] {
        let path = folder.join(name);
        fs::write(&path, text).expect("a writable file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
        }
    }
}

/// A folder with an empty cluster.
async fn data_folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    if is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give folders away");
    }
    let mut initdb = as_nobody(programs().join("initdb"));
    initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C"]);
    let output = initdb.arg("-D").arg(folder.path().join("data")).current_dir(folder.path()).output();
    let output = output.await.expect("initdb runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.path().join("data/pg_hba.conf"), LOGINS).expect("a writable file");
    folder
}

fn as_nobody(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The folder of `initdb` and `postgres`: where `cargo xtask services` puts them, or the system's.
fn programs() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|name| !name.is_empty()).map(PathBuf::from);
    let own = cache.or_else(home).map(|folder| folder.join("plimsoll/services/postgres/bin"));
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = own.into_iter().chain(debian.into_iter().rev()).chain(std::env::split_paths(&path));
    let found = folders.find(|folder| folder.join("initdb").is_file());
    found.expect("there is no PostgreSQL server here (initdb, postgres): run `cargo xtask services`")
}
