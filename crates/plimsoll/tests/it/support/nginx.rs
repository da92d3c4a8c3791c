//! An nginx of a test's own, on ports and in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::{Finished, Folder, PATIENCE, finish, server};

/// Bytes of `/large.txt`.
pub(crate) const LARGE: usize = 5 << 20;

/// The servers of its configuration, by the variable that tells scripts their address.
const SERVERS: [(&str, &str); 7] = [
    ("PLAIN", "http"),
    ("H2C", "http"),
    ("SECURE", "https"),
    ("OLD", "https"),
    ("MUTUAL", "https"),
    ("SHORT", "https"),
    ("BRIEF", "https"),
];

/// `@NAME@` is the port of a server, `@FOLDER@` the folder. There is one process, which is nobody's master:
/// it ends with the test, and keeps its user, who owns the folder.
const CONFIGURATION: &str = r#"
daemon off;
master_process off;
pid @FOLDER@/pid;
error_log @FOLDER@/error.log;
events {}
http {
  log_format connections '$server_port $connection';
  access_log @FOLDER@/access.log connections;
  client_body_temp_path @FOLDER@/body;
  proxy_temp_path @FOLDER@/proxy;
  fastcgi_temp_path @FOLDER@/fastcgi;
  uwsgi_temp_path @FOLDER@/uwsgi;
  scgi_temp_path @FOLDER@/scgi;
  client_max_body_size 16m;
  root @FOLDER@/site;
  default_type text/plain;
  gzip on;
  gzip_types text/plain;
  ssl_certificate @FOLDER@/server.pem;
  ssl_certificate_key @FOLDER@/server.key;
  ssl_client_certificate @FOLDER@/root.pem;

  server {
    listen 127.0.0.1:@PLAIN@;
    location = /what { return 200 "$server_protocol"; }
    location = /size { return 200 "$http_content_length"; }
  }
  server {
    listen 127.0.0.1:@H2C@ http2;
    location = /what { return 200 "$server_protocol"; }
  }
  server {
    listen 127.0.0.1:@SECURE@ ssl http2;
    ssl_protocols TLSv1.2 TLSv1.3;
    location = /what { return 200 "$server_protocol over $ssl_protocol"; }
    location = /upload { proxy_pass http://127.0.0.1:@PLAIN@/size; }
    location = /closed { return 444; }
  }
  server {
    listen 127.0.0.1:@OLD@ ssl http2;
    ssl_protocols TLSv1.2;
    location = /what { return 200 "$server_protocol over $ssl_protocol"; }
  }
  server {
    listen 127.0.0.1:@MUTUAL@ ssl http2;
    ssl_verify_client on;
    location = /who { return 200 "$ssl_client_verify $ssl_client_s_dn"; }
  }
  server {
    listen 127.0.0.1:@SHORT@ ssl http2;
    keepalive_requests 3;
    location = /what { return 200 "$server_protocol"; }
  }
  server {
    listen 127.0.0.1:@BRIEF@ ssl http2;
    keepalive_timeout 100ms;
    location = /what { return 200 "$server_protocol"; }
  }
}
"#;

/// A server at work. It ends with the value.
pub(crate) struct Nginx {
    ports: [u16; SERVERS.len()],
    folder: TempDir,
    _process: Child,
}

impl Nginx {
    pub(crate) async fn start() -> Self {
        // Between the choice of a port and its use somebody else may take it.
        let mut said = String::new();
        for _ in 0..5 {
            let mut ports = [0; SERVERS.len()];
            for port in &mut ports {
                *port = server::nobody().await.port();
            }
            match Self::start_at(ports).await {
                Ok(nginx) => return nginx,
                Err(error) => said = error,
            }
        }
        panic!("nginx could not be started: {said}");
    }

    async fn start_at(ports: [u16; SERVERS.len()]) -> Result<Self, String> {
        let folder = TempDir::new().expect("a temporary folder");
        write_site(folder.path());
        write_certificates(folder.path());
        let mut configuration = CONFIGURATION.replace("@FOLDER@", &folder.path().display().to_string());
        for ((name, _), port) in SERVERS.iter().zip(ports) {
            configuration = configuration.replace(&format!("@{name}@"), &port.to_string());
        }
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration).expect("a writable folder");
        let mut command = Command::new(program());
        command.arg("-p").arg(folder.path()).arg("-c").arg(file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().expect("nginx starts");
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", ports[ports.len() - 1])).await.is_err() {
            if process.try_wait().expect("a status").is_some() || Instant::now() > until {
                return Err(std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Nginx { ports, folder, _process: process })
    }

    /// Runs a script that knows each server by its variable and the certificates' folder as `FILES`.
    pub(crate) async fn ask(&self, script: &str) -> Finished {
        let files = self.folder.path();
        let mut arguments = format!("run --quiet --log-format raw -e FILES={}", files.display());
        for ((name, scheme), port) in SERVERS.iter().zip(self.ports) {
            arguments += &format!(" -e {name}={scheme}://localhost:{port}");
        }
        let folder = Folder::with(script);
        let mut command = folder.command(&format!("{arguments} test.js"));
        command.env("SSL_CERT_FILE", files.join("root.pem"));
        finish(command).await
    }

    /// How many connections of a server had requests, once this many requests are in the log.
    pub(crate) async fn connections(&self, name: &str, requests: usize) -> usize {
        let server = SERVERS.iter().position(|(server, _)| *server == name).expect("one of the servers");
        let prefix = format!("{} ", self.ports[server]);
        let until = Instant::now() + PATIENCE;
        loop {
            let log = std::fs::read_to_string(self.folder.path().join("access.log")).expect("a log");
            let mut connections: Vec<&str> =
                log.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
            if connections.len() >= requests {
                assert_eq!(connections.len(), requests, "{log}");
                connections.sort_unstable();
                connections.dedup();
                return connections.len();
            }
            assert!(Instant::now() < until, "{} of {requests} requests: {log}", connections.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn write_site(folder: &Path) {
    std::fs::create_dir_all(folder.join("site/folder")).expect("a writable folder");
    let line = "All work and no play makes a dull load.";
    let mut large = format!("{line}\n").repeat(LARGE.div_ceil(line.len()));
    large.truncate(LARGE);
    std::fs::write(folder.join("site/large.txt"), large).expect("a writable folder");
    std::fs::write(folder.join("site/folder/index.html"), "index").expect("a writable folder");
}

/// `root.pem` vouches for `server` and `client`; nobody does for `stranger`.
fn write_certificates(folder: &Path) {
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).expect("a writable folder");
    };
    let named = |name: &str, hosts: &[&str]| {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts).expect("valid");
        params.distinguished_name.push(DnType::CommonName, name);
        (params, KeyPair::generate().expect("a key"))
    };
    let (mut authority, authority_key) = named("authority", &[]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write("root.pem", authority.self_signed(&authority_key).expect("a certificate").pem());
    let issuer = Issuer::new(authority, authority_key);
    for (name, hosts) in [("server", &["localhost"][..]), ("client", &[])] {
        let (params, key) = named(name, hosts);
        write(&format!("{name}.pem"), params.signed_by(&key, &issuer).expect("a certificate").pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
    let (params, key) = named("stranger", &[]);
    write("stranger.pem", params.self_signed(&key).expect("a certificate").pem());
    write("stranger.key", key.serialize_pem());
}

/// The program, from the system. It is where the `PATH` of an ordinary user may not lead.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let found = std::env::split_paths(&path).chain(system).map(|folder| folder.join("nginx"));
    let mut found = found.filter(|program| program.is_file());
    found.next().expect("nginx is not here: run `cargo xtask services`")
}
