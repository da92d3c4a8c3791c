//! Thousands of requests that make no sense: none may be answered with a server error, and the desk must live
//! on.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::desk_with;

const REQUESTS: usize = 5000;

fn path() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/health",
        "/metrics",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/logout",
        "/api/v1/tickets",
        "/api/v1/tickets/search",
        "/api/v1/tickets/ticket_1",
        "/api/v1/tickets/%ff",
        "/api/v1/tickets/ticket_1/comments",
        "/api/v1/analytics/dashboard",
        "/api/v1/kb/articles",
        "/api/v1/kb/articles/%00",
        "/api/v1/kb/categories",
        "/__target/ledger",
    ]);
    let value = prop_oneof![
        "[ -~]{0,20}".prop_map(|text| text.replace([' ', '#'], "+")),
        "(%[0-9a-fA-F]{2}){0,10}",
        "-?[0-9]{1,25}",
    ];
    let name = prop::sample::select(vec![
        "page", "limit", "status", "priority", "assignee", "sort", "q", "category",
    ]);
    let query = prop::collection::vec((name, value), 0..4);
    (known, query).prop_map(|(path, query)| {
        let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{path}?{}", pairs.join("&"))
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let field = prop::sample::select(vec![
        "title",
        "description",
        "priority",
        "status",
        "assigneeId",
        "content",
        "email",
        "password",
        "refreshToken",
    ]);
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("[{}]".to_owned()),
        Just("1e400".to_owned()),
        Just("\"\\u0000\"".to_owned()),
        Just("\"CLOSED\"".to_owned()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    let object = prop::collection::vec((field, value), 0..6).prop_map(|fields| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    prop_oneof![4 => object, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

/// A request that parses as HTTP, more or less.
fn request(token: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let method =
        prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "BREW"]);
    let authorization = prop::sample::select(vec![
        format!("Bearer {token}"),
        format!("bearer  {token}"),
        "Bearer".to_owned(),
        "Basic YTpi".to_owned(),
        format!("Bearer {}", &token[..token.len() / 2]),
    ]);
    let kind = prop::sample::select(vec!["application/json", "text/plain", "application/JSON;;", "\t"]);
    let head = (method, path(), authorization, kind);
    (head, body()).prop_map(|((method, path, authorization, kind), body)| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
             authorization: {authorization}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    })
}

/// Anything at all.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let garbage = prop::collection::vec(any::<u8>(), 0..300);
    let head = "(GET|POST) /[ -~]{0,30} HTTP/[0-9]\\.[0-9]\r\n([a-z-]{1,20}: ?[ -~]{0,30}\r\n){0,5}\r\n";
    prop_oneof![garbage, head.prop_map(String::into_bytes)]
}

/// Sends bytes and returns the status of the answer, if there is one.
async fn exchange(addr: std::net::SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(addr).await.expect("the desk accepts");
    // The desk may hang up in the middle: that is an answer too.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("an answer or an end in time");
    let status = answer.strip_prefix(b"HTTP/1.1 ").or_else(|| answer.strip_prefix(b"HTTP/1.0 "))?.get(..3)?;
    std::str::from_utf8(status).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_makes_the_desk_fail() {
    let desk = desk_with(|config| config.instrument = true).await;
    let token = desk.agent().await.token.expect("logged in");
    // The same cases every time: a failure can be looked into.
    let mut runner = TestRunner::deterministic();
    let strategy = prop_oneof![6 => request(&token), 1 => noise()];
    let mut answered = 0;
    for _ in 0..REQUESTS {
        let bytes = strategy.new_tree(&mut runner).expect("a request").current();
        if let Some(status) = exchange(desk.running.addr(), &bytes).await {
            assert!(status < 500, "{status} for {}", String::from_utf8_lossy(&bytes));
            answered += 1;
        }
    }
    assert!(answered > REQUESTS / 2, "{answered}");
    desk.anybody().get("/health").await.expect(200);
    let ledger = desk.anybody().get("/__target/ledger").await.expect(200).json();
    assert_eq!(ledger["totals"]["inFlight"], 1, "only the question itself");
}
