//! The official client of Socket.IO, in a process of its own.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::{Client, PATIENCE};

/// A connection of the official client.
pub(crate) struct Socket {
    commands: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Socket {
    /// Connects as `client`, by the transports of that name, and waits for that.
    pub(crate) async fn connect(client: &Client, transports: &[&str]) -> Self {
        let auth = json!({ "token": client.token.as_deref().expect("logged in") });
        let mut socket = Self::open(client, &json!({ "transports": transports, "auth": auth }));
        socket.expect("connect").await;
        socket
    }

    /// Connects with options of the client's own.
    pub(crate) fn open(client: &Client, options: &Value) -> Self {
        let modules = super::services().join("node/node_modules");
        let hint = "the package socket.io-client is not here: run `cargo xtask services`";
        assert!(modules.join("socket.io-client").is_dir(), "{hint}");
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/socket_client.mjs");
        let mut node = Command::new("node");
        node.arg(script).arg(modules).arg(format!("http://{}", client.addr)).arg(options.to_string());
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = node.spawn().expect("node is installed");
        let events = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { commands: process.stdin.take().expect("piped"), events, _process: process }
    }

    /// The next thing that happens.
    pub(crate) async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.events.next_line()).await.expect("something happens in time");
        let line = line.expect("readable").expect("the client is still there");
        serde_json::from_str(&line).expect("JSON")
    }

    /// Insists that the next thing to happen is this.
    pub(crate) async fn expect(&mut self, event: &str) -> Value {
        let happened = self.next().await;
        assert_eq!(happened["event"], event, "{happened}");
        happened
    }

    /// Waits for an event, whatever else happens before.
    pub(crate) async fn until(&mut self, event: &str) -> Value {
        loop {
            let happened = self.next().await;
            if happened["event"] == event {
                return happened;
            }
        }
    }

    pub(crate) async fn emit(&mut self, event: &str, data: Value) {
        self.command(json!({ "emit": event, "data": data })).await;
    }

    /// Emits an event and returns the acknowledgement, which must be the next thing to happen.
    pub(crate) async fn ask(&mut self, event: &str, data: Value) -> Value {
        self.command(json!({ "emit": event, "data": data, "acknowledge": true })).await;
        self.expect("ack").await["answer"].clone()
    }

    pub(crate) async fn subscribe(&mut self, channel: &str) {
        let answer = self.ask("subscribe", json!({ "channel": channel })).await;
        assert_eq!(answer, json!({ "ok": true, "channel": channel }));
    }

    async fn command(&mut self, command: Value) {
        let line = format!("{command}\n");
        self.commands.write_all(line.as_bytes()).await.expect("the client listens");
    }
}
