//! A MariaDB server that tests share, on a port and in a folder of its own. It speaks TLS as `localhost` to
//! whoever asks for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::secured::Papers;
use super::{PATIENCE, server};

/// What makes an empty folder a server's: the tables of users and privileges, in the order of their making.
const TABLES: [&str; 3] = ["system_tables.sql", "performance_tables.sql", "system_tables_data.sql"];
/// Where packages put them.
const SHARED_FILES: [&str; 4] =
    ["/usr/share/mysql", "/usr/share/mariadb", "/usr/local/share/mysql", "/usr/local/share/mariadb"];

/// Who may log in.
const LOGINS: &str = "CREATE USER test@'%';
GRANT ALL ON *.* TO test@'%' WITH GRANT OPTION;
CREATE USER ann@'%' IDENTIFIED BY 'p:w@/';
CREATE DATABASE test;
";

struct Shared {
    port: u16,
    /// Who vouches for the server's certificate, as PEM.
    root: String,
    /// When the write end of this pipe goes away, for whatever reason, so does the server.
    _lifeline: Child,
}

/// The port of the server, whose user `test` needs no password, and who vouches for its certificate, as PEM.
pub(crate) async fn port_and_root() -> (u16, &'static str) {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    let shared = SHARED.get_or_init(start).await;
    (shared.port, &shared.root)
}

/// A data source name for it.
pub(crate) async fn name() -> String {
    format!("test@tcp(127.0.0.1:{})/test", port_and_root().await.0)
}

async fn start() -> Shared {
    let folder = TempDir::new().expect("a temporary folder").keep();
    make_tables(&folder).await;
    let papers = Papers::of_localhost();
    let files =
        [("certificate.pem", &papers.certificate), ("key.pem", &papers.key), ("logins.sql", &LOGINS.into())];
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a writable file");
    }
    let port = server::nobody().await.port();
    // Nothing that tests share is ever dropped, so a shell watches over the server: it stops it and removes
    // its data when there is nothing more to be read, because the tests have ended.
    let script = "\"$@\" <&- & server=$!; read -r _; kill $server; wait $server; rm -rf \"$0\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(&folder).arg(program()).args(settings(&folder));
    shell.args(["--bind-address=127.0.0.1", &format!("--port={port}")]);
    let paths = [
        ("socket", "socket"),
        ("pid-file", "pid"),
        ("init-file", "logins.sql"),
        ("ssl-cert", "certificate.pem"),
        ("ssl-key", "key.pem"),
    ];
    for (setting, name) in paths {
        shell.arg(format!("--{setting}={}", folder.join(name).display()));
    }
    shell.args(["--skip-name-resolve", "--character-set-server=utf8mb4", "--max-connections=200"]);
    shell.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let lifeline = shell.process_group(0).spawn().expect("the server starts");
    // The file is written when everything is ready.
    let ready = async {
        while !folder.join("pid").is_file() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, ready).await.expect("a server in time");
    Shared { port, root: papers.root, _lifeline: lifeline }
}

/// Settings that making the tables and serving share. No file of the system's is read.
fn settings(folder: &Path) -> Vec<String> {
    let data = format!("--datadir={}", folder.join("data").display());
    let rest = [
        "--user=root",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=16M",
        "--innodb-log-file-size=4M",
        "--performance-schema=off",
        "--log-warnings=0",
    ];
    ["--no-defaults".to_owned(), data].into_iter().chain(rest.map(str::to_owned)).collect()
}

/// What `mariadb-install-db` does, which needs programs of packages that start a server of their own.
async fn make_tables(folder: &Path) {
    fs::create_dir(folder.join("data")).expect("a writable folder");
    let mut sql = String::from("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n");
    sql.extend(TABLES.map(|table| fs::read_to_string(shared_file(table)).expect("a readable file")));
    fs::write(folder.join("tables.sql"), sql).expect("a writable file");
    let sql = fs::File::open(folder.join("tables.sql")).expect("just written");
    let mut server = Command::new(program());
    server.args(settings(folder)).arg("--bootstrap").current_dir(folder);
    let output = server.stdin(Stdio::from(sql)).output().await.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A file of the package, under the name of today or that of former times.
fn shared_file(name: &str) -> PathBuf {
    let names = SHARED_FILES.iter().flat_map(|folder| ["mysql", "mariadb"].map(|kind| (folder, kind)));
    let mut paths = names.map(|(folder, kind)| Path::new(folder).join(format!("{kind}_{name}")));
    paths.find(|path| path.is_file()).unwrap_or_else(|| panic!("MariaDB has no file for {name}"))
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let mut found = std::env::split_paths(&path).chain(system).map(|folder| folder.join("mariadbd"));
    let found = found.find(|program| program.is_file());
    found.expect("there is no MariaDB server here (mariadbd): run `cargo xtask services`")
}
