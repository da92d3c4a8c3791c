//! A desk to test, and a small HTTP client that shares no code with the load tester's.

pub(crate) mod postgres;
pub(crate) mod raw_socket;
pub(crate) mod socket;
pub(crate) mod valkey;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use insightdesk::config::Config;
use insightdesk::storage::{Location, sqlite};
use insightdesk::{Running, spawn};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

/// Nothing that a test waits for takes longer, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SECRET: &str = "a secret that only the tests know about";

/// Where `cargo xtask services` puts servers and clients.
fn services() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|name| !name.is_empty()).map(PathBuf::from);
    cache.or_else(home).expect("XDG_CACHE_HOME or HOME is set").join("plimsoll/services")
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A seeded database file, made once: every test works on a copy of its own.
static SEEDED: OnceCell<TempDir> = OnceCell::const_new();

async fn seeded() -> &'static Path {
    let make = async || {
        let folder = TempDir::new().expect("a temporary folder");
        let database = sqlite::Location::File(folder.path().join("seeded.db")).into();
        spawn(Config { database, ..Config::default() }).await.expect("a desk").shutdown().await;
        folder
    };
    SEEDED.get_or_init(make).await.path()
}

/// A running desk and the folder of its data.
pub(crate) struct Desk {
    pub running: Running,
    pub database: Location,
    pub folder: TempDir,
}

/// Which database a desk of a test works on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    /// A seeded desk on a database of its own, with a configuration of its own.
    pub(crate) async fn desk_with(self, adjust: impl FnOnce(&mut Config)) -> Desk {
        let folder = TempDir::new().expect("a temporary folder");
        let database = match self {
            Self::Sqlite => {
                let file = folder.path().join("desk.db");
                std::fs::copy(seeded().await.join("seeded.db"), &file)
                    .expect("a copy of the seeded database");
                sqlite::Location::File(file).into()
            }
            Self::Postgres => postgres::seeded().await.into(),
        };
        let mut config = Config {
            database,
            jwt_secret: Some(SECRET.to_owned()),
            query_timeout: Duration::from_secs(10),
            ..Config::default()
        };
        adjust(&mut config);
        let database = config.database.clone();
        Desk { running: spawn(config).await.expect("a desk"), database, folder }
    }
}

/// The usual desk: seeded, on a file.
pub(crate) async fn desk() -> Desk {
    desk_with(|_| {}).await
}

/// A seeded desk on a file, with a configuration of its own.
pub(crate) async fn desk_with(adjust: impl FnOnce(&mut Config)) -> Desk {
    Store::Sqlite.desk_with(adjust).await
}

/// Creates tickets from many clients at once and returns their ids.
pub(crate) async fn create_many(client: &Client, clients: usize, each: usize) -> HashSet<String> {
    let mut workers = JoinSet::new();
    for worker in 0..clients {
        let client = client.clone();
        workers.spawn(async move {
            let mut ids = Vec::new();
            for n in 0..each {
                ids.push(client.create_ticket(&format!("worker {worker} ticket {n}")).await);
            }
            ids
        });
    }
    workers.join_all().await.into_iter().flatten().collect()
}

impl Desk {
    /// A client without a token.
    pub(crate) fn anybody(&self) -> Client {
        Client::new(self.running.addr())
    }

    /// A client who is logged in.
    pub(crate) async fn client(&self, email: &str, password: &str) -> Client {
        let mut client = self.anybody();
        client.token = Some(client.log_in(email, password).await.text("/accessToken"));
        client
    }

    /// Runs a statement on the desk's database, behind its back.
    pub(crate) async fn execute(&self, in_sqlite: &str, in_postgres: &str) {
        self.try_execute(in_sqlite, in_postgres).await.expect("executed");
    }

    /// Like `execute`, for what may be refused.
    pub(crate) async fn try_execute(
        &self,
        in_sqlite: &str,
        in_postgres: &str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        match &self.database {
            Location::Sqlite(_) => _ = self.file().execute(in_sqlite, [])?,
            Location::Postgres(address) => postgres::try_execute(address, in_postgres).await?,
        }
        Ok(())
    }

    /// Asks the desk's database for a number.
    pub(crate) async fn number(&self, in_sqlite: &str, in_postgres: &str) -> i64 {
        match &self.database {
            Location::Sqlite(_) => self.file().query_row(in_sqlite, [], |row| row.get(0)).expect("a number"),
            Location::Postgres(address) => postgres::number(address, in_postgres).await,
        }
    }

    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("desk.db")).expect("the file opens")
    }

    /// A number without labels of the desk's metrics.
    pub(crate) async fn gauge(&self, name: &str) -> u64 {
        let metrics = self.anybody().get("/metrics").await.body;
        let metrics = String::from_utf8_lossy(&metrics).into_owned();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.expect("a metric").parse().expect("a number")
    }

    /// An agent of `org_123`.
    pub(crate) async fn agent(&self) -> Client {
        self.client("agent@test.com", "password").await
    }

    /// An administrator of `org_123`.
    pub(crate) async fn admin(&self) -> Client {
        self.client("admin@test.com", "password").await
    }

    /// An agent of `org_loadtest`.
    pub(crate) async fn stranger(&self) -> Client {
        self.client("loadtest@example.com", "loadtest123").await
    }
}

/// Sends requests, each on a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    pub addr: SocketAddr,
    pub token: Option<String>,
}

/// An answer, received completely.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr, token: None }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.json(Method::PATCH, path, body).await
    }

    async fn json(&self, method: Method, path: &str, body: Value) -> Reply {
        let headers = [(CONTENT_TYPE.as_str(), "application/json")];
        self.send(method, path, &headers, body.to_string().into()).await
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Reply {
        self.post("/api/v1/auth/login", json!({ "email": email, "password": password })).await
    }

    /// Creates a ticket and returns its id.
    pub(crate) async fn create_ticket(&self, title: &str) -> String {
        let ticket = json!({ "title": title, "description": "made by a test", "priority": "LOW" });
        self.post("/api/v1/tickets", ticket).await.expect(201).text("/id")
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.expect("an answer")
    }

    /// Like `send`, for when the connection may break.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Reply, hyper::Error> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, self.addr.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).expect("a valid request");
        tokio::time::timeout(PATIENCE, exchange(self.addr, request)).await.expect("an answer in time")
    }
}

async fn exchange(addr: SocketAddr, request: Request<Full<Bytes>>) -> Result<Reply, hyper::Error> {
    let stream = TcpStream::connect(addr).await.expect("the desk accepts");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    connection.abort();
    Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
}

impl Reply {
    /// Insists on a status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Insists on the error form, with this status and code; returns the error.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Value {
        let reply = self.expect(status);
        let error = reply.json()["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].is_string(), "{error}");
        assert_eq!(error["requestId"], reply.header("x-request-id"), "{error}");
        error
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The string at a JSON pointer.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let value = json.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no string at {pointer} in {json}")).to_owned()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().expect("a printable header")
    }
}

/// The field names in an error's details.
pub(crate) fn fields(error: &Value) -> Vec<&str> {
    let details = error["details"].as_array().expect("details");
    details.iter().map(|detail| detail["field"].as_str().expect("a field")).collect()
}
