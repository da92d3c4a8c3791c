//! The real program: its output, its exit codes, its signals.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::{Client, PATIENCE};

/// The program in an empty folder with an empty environment.
fn insightdesk(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_insightdesk"));
    command.args(args).current_dir(folder.path()).env_clear().kill_on_drop(true).stdin(Stdio::null());
    command
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// Starts the program and waits for its address.
async fn serve(folder: &TempDir, args: &[&str]) -> (Child, Client) {
    let args = [&["serve", "--port", "0"], args].concat();
    let mut child = insightdesk(folder, &args).stdout(Stdio::piped()).spawn().expect("the program starts");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let line = timeout(PATIENCE, stdout.lines().next_line()).await.expect("a line in time");
    let line = line.expect("readable").expect("a line");
    let addr = line.strip_prefix("listening on http://").expect("the address").parse().expect("an address");
    (child, Client::new(addr))
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("still running").to_string();
    let status = std::process::Command::new("kill").args([name, &pid]).status().expect("kill runs");
    assert!(status.success());
}

async fn end(child: &mut Child) -> ExitStatus {
    timeout(PATIENCE, child.wait()).await.expect("an end in time").expect("a status")
}

/// Runs the program to its end; returns exit code, stdout and stderr.
async fn run(folder: &TempDir, args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = insightdesk(folder, args).envs(env.iter().copied()).output();
    let output = timeout(PATIENCE, output).await.expect("an end in time").expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_lets_the_request_in_flight_finish_and_exits_with_zero() {
    for name in ["-TERM", "-INT"] {
        let folder = folder();
        let (mut child, client) = serve(&folder, &["--instrument", "--seed=false"]).await;
        let fault = json!({ "latency": [{ "route": "GET /health", "delay": { "fixedMs": 2000 } }] });
        client.post("/__target/faults", fault).await.expect(200);
        let addr = client.addr;
        let in_flight = tokio::spawn(async move { client.get("/health").await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        signal(&child, name);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let refused = tokio::net::TcpStream::connect(addr).await;
        refused.expect_err("the listener is closed while the request is still in flight");
        in_flight.await.expect("the client ends").expect(200);
        assert_eq!(end(&mut child).await.code(), Some(0), "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_idle_connection_does_not_delay_the_end() {
    let folder = folder();
    let (mut child, client) = serve(&folder, &["--seed=false"]).await;
    let _idle = tokio::net::TcpStream::connect(client.addr).await.expect("accepted");
    client.get("/health").await.expect(200);
    let started_at = tokio::time::Instant::now();
    signal(&child, "-TERM");
    assert_eq!(end(&mut child).await.code(), Some(0));
    assert!(started_at.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_data_folder_is_made_seeded_and_kept() {
    let folder = folder();
    let (code, first, _) = run(&folder, &["seed"], &[]).await;
    let expected =
        "added 2 organisations, 254 users, 1000 tickets, 200 articles to insightdesk-data/insightdesk.db\n";
    assert_eq!((code, first.as_str()), (Some(0), expected));
    let (code, second, _) = run(&folder, &["seed"], &[]).await;
    let expected =
        "added 0 organisations, 0 users, 0 tickets, 0 articles to insightdesk-data/insightdesk.db\n";
    assert_eq!((code, second.as_str()), (Some(0), expected));
    let ignore = folder.path().join("insightdesk-data/.gitignore");
    assert_eq!(std::fs::read_to_string(ignore).expect("a file"), "*\n");

    let (_child, client) = serve(&folder, &[]).await;
    client.log_in("agent@test.com", "password").await.expect(200);
}

#[tokio::test]
async fn everything_can_come_from_the_environment() {
    let folder = folder();
    let file = folder.path().join("elsewhere.db");
    let mut command = insightdesk(&folder, &["serve"]);
    command.env("PORT", "0").env("SEED", "false").env("INSIGHTDESK_INSTRUMENT", "1").env("LOG", "warn");
    command.env("DATABASE_URL", format!("sqlite:{}", file.display()));
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line =
        timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("readable").expect("a line");
    let addr = line.strip_prefix("listening on http://").expect("the address").parse().expect("an address");
    let client = Client::new(addr);
    client.get("/__target/ledger").await.expect(200);
    client.log_in("agent@test.com", "password").await.expect(401);
    assert!(file.exists());
}

#[tokio::test]
async fn an_address_that_is_none_is_a_start_error() {
    let folder = folder();
    let cases = [
        ("DATABASE_URL", "postgresql://u:hidden@h:port/d", "got \"postgresql\""),
        ("DATABASE_URL", "mysql://u:hidden@h/d", "sqlite::memory: or sqlite:PATH, got \"mysql\""),
        ("VALKEY_URL", "http://:hidden@h", "VALKEY_URL: expected redis://"),
    ];
    for (name, value, expected) in cases {
        for command in ["serve", "seed"] {
            let (code, stdout, stderr) = run(&folder, &[command], &[(name, value)]).await;
            assert_eq!((code, stdout.as_str()), (Some(1), ""));
            assert!(stderr.contains(expected), "{stderr}");
            assert!(!stderr.contains("hidden"), "{stderr}");
        }
    }
    assert!(!folder.path().join("insightdesk-data").exists(), "nothing was made");
}

#[tokio::test]
async fn a_port_in_use_and_a_bad_file_are_named() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, _, stderr) =
        run(&folder, &["serve", "--database-url", "sqlite::memory:", "--port", &port], &[]).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&format!("cannot listen on 127.0.0.1:{port}: ")), "{stderr}");

    std::fs::write(folder.path().join("note.txt"), "this is no database, whatever its name says")
        .expect("written");
    let (code, _, stderr) = run(&folder, &["seed", "--database-url", "sqlite:note.txt"], &[]).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains("cannot open the database note.txt: "), "{stderr}");
}

#[tokio::test]
async fn help_lists_every_setting() {
    let folder = folder();
    let (code, help, _) = run(&folder, &["serve", "--help"], &[]).await;
    assert_eq!(code, Some(0));
    let settings = [
        "PORT",
        "HOST",
        "DATABASE_URL",
        "VALKEY_URL",
        "JWT_SECRET",
        "RATE_LIMIT",
        "INSIGHTDESK_WORKERS",
        "LOG",
        "SEED",
        "INSIGHTDESK_DATA",
        "INSIGHTDESK_INSTRUMENT",
    ];
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for setting in settings {
        let is_listed = ["=", "]"].iter().any(|end| help.contains(&format!("[env: {setting}{end}")));
        assert!(is_listed, "{setting} is missing in\n{help}");
    }
    let (code, _, stderr) = run(&folder, &["serve", "--port", "99999"], &[]).await;
    assert_eq!(code, Some(2));
    assert!(stderr.contains("99999"), "{stderr}");
}

#[tokio::test]
async fn a_secret_makes_tokens_outlive_the_process() {
    let folder = folder();
    let (mut child, client) =
        serve(&folder, &["--jwt-secret", "a secret with more than 32 bytes in it"]).await;
    let token = client.log_in("agent@test.com", "password").await.text("/accessToken");
    signal(&child, "-TERM");
    end(&mut child).await;
    let (_child, again) = serve(&folder, &["--jwt-secret", "a secret with more than 32 bytes in it"]).await;
    let reply = Client { token: Some(token.clone()), ..again.clone() }.get("/api/v1/user/me").await;
    reply.expect(200);
    let (_other, other) = serve(&folder, &[]).await;
    let other = Client { token: Some(token), ..other };
    other.send(Method::GET, "/api/v1/user/me", &[], Bytes::new()).await.expect_error(401, "invalid_token");
}
