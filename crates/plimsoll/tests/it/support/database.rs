//! Prometheus and InfluxDB, each a process of a test's own on a port and in a folder of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::{PATIENCE, server};

/// A server at work. It ends with the value.
pub(crate) struct Database {
    pub(crate) address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

impl Database {
    pub(crate) async fn influxdb() -> Self {
        Self::start("influxd", "/ping", |folder, port| {
            let at = |name: &str| folder.join(name).display().to_string();
            let settings = format!(
                "reporting-disabled = true\nbind-address = \"127.0.0.1:0\"\n\
                 [meta]\ndir = {:?}\n[data]\ndir = {:?}\nwal-dir = {:?}\n\
                 [http]\nbind-address = \"127.0.0.1:{port}\"\nlog-enabled = false\n",
                at("meta"),
                at("data"),
                at("wal")
            );
            std::fs::write(folder.join("influxdb.conf"), settings).expect("a writable folder");
            vec!["-config".to_owned(), at("influxdb.conf")]
        })
        .await
    }

    /// With everything on that an output could push.
    pub(crate) async fn prometheus() -> Self {
        Self::prometheus_with("global: {}\n").await
    }

    /// One that looks at a page of metrics every second.
    pub(crate) async fn scraping(page: SocketAddr) -> Self {
        Self::prometheus_with(&format!(
            "global: {{ scrape_interval: 1s }}\n\
             scrape_configs: [ {{ job_name: target, static_configs: [ {{ targets: [ '{page}' ] }} ] }} ]\n"
        ))
        .await
    }

    async fn prometheus_with(settings: &str) -> Self {
        Self::start("prometheus", "/-/ready", |folder, port| {
            let at = |name: &str| folder.join(name).display().to_string();
            std::fs::write(folder.join("prometheus.yml"), settings).expect("a writable folder");
            [
                format!("--config.file={}", at("prometheus.yml")),
                format!("--storage.tsdb.path={}", at("data")),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--web.enable-remote-write-receiver".to_owned(),
                "--enable-feature=native-histograms".to_owned(),
            ]
            .into()
        })
        .await
    }

    async fn start(program: &str, ready: &str, arguments: impl Fn(&Path, u16) -> Vec<String>) -> Self {
        // Between the choice of a port and its use somebody else may take it.
        for _ in 0..5 {
            let folder = TempDir::new().expect("a temporary folder");
            let port = server::nobody().await.port();
            let mut command = Command::new(find(program));
            command.args(arguments(folder.path(), port)).current_dir(folder.path()).kill_on_drop(true);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = command.spawn().expect("it starts");
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let until = Instant::now() + PATIENCE;
            while process.try_wait().expect("a status").is_none() && Instant::now() < until {
                if ask(address, ready).await.is_some() {
                    return Database { address, _process: process, _folder: folder };
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        panic!("{program} could not be started");
    }

    /// The values of an expression of Prometheus at an instant, with the labels of each.
    pub(crate) async fn query(&self, expression: &str, at: f64) -> Vec<(serde_json::Value, f64)> {
        let encoded = percent_encoding::utf8_percent_encode(expression, percent_encoding::NON_ALPHANUMERIC);
        let answer = self.ask(&format!("/api/v1/query?time={at}&query={encoded}")).await;
        let all = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{expression}: {answer}"));
        let value = |one: &serde_json::Value| one["value"][1].as_str().and_then(|value| value.parse().ok());
        all.iter().map(|one| (one["metric"].clone(), value(one).expect("a number"))).collect()
    }

    /// What a GET is answered.
    pub(crate) async fn ask(&self, target: &str) -> serde_json::Value {
        let answer = ask(self.address, target).await.unwrap_or_else(|| panic!("{target} is answered"));
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{target}: {error}: {answer}"))
    }
}

/// The body of a successful answer. HTTP/1.0 has no chunks, and ends with the connection.
pub(crate) async fn ask(address: SocketAddr, target: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {target} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.split(' ').nth(1)?.starts_with('2').then(|| body.to_owned())
}

fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join(program));
    let found = found.find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{program} is not here: run `cargo xtask services`"))
}
