//! What happens at the edges: wrong routes, methods, bodies, limits.

use bytes::Bytes;
use hyper::Method;
use insightdesk::RateLimit;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{desk, desk_with};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn health_is_public_and_names_its_checks() {
    let desk = desk().await;
    for path in ["/health", "/api/v1/health"] {
        let health = desk.anybody().get(path).await.expect(200).json();
        assert_eq!((&health["status"], &health["checks"]), (&json!("ok"), &json!({ "database": "ok" })));
    }
    let head = desk.anybody().send(Method::HEAD, "/health", &[], Bytes::new()).await.expect(200);
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn unknown_routes_and_methods_answer_in_the_same_form() {
    let desk = desk().await;
    let anybody = desk.anybody();
    for path in ["/", "/api/v1", "/api/v1/tickets/", "/api/v1/nothing", "/__target/ledger"] {
        anybody.get(path).await.expect_error(404, "no_route");
    }
    let reply = anybody.send(Method::PUT, "/api/v1/tickets", &[], Bytes::new()).await;
    let mut allowed: Vec<_> = reply.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    reply.expect_error(405, "method_not_allowed");
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_refused() {
    let desk = desk().await;
    let agent = desk.agent().await;
    for body in ["", "{", "[]", "null", "\"text\"", "{\"title\":}", "\u{feff}{}", "{\"a\":\"\\ud800\"}"] {
        let reply = agent.send(Method::POST, "/api/v1/tickets", &[JSON], body.into()).await;
        reply.expect_error(400, "malformed_request");
    }
    let nested = "{\"a\":".to_owned() + &"[".repeat(100_000);
    let reply = agent.send(Method::POST, "/api/v1/tickets", &[JSON], nested.into()).await;
    reply.expect_error(400, "malformed_request");
}

#[tokio::test]
async fn other_media_types_are_refused_and_none_is_taken_for_json() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let body = || Bytes::from(json!({ "title": "t", "description": "d", "priority": "LOW" }).to_string());
    let post =
        async |headers: &[(&str, &str)]| agent.send(Method::POST, "/api/v1/tickets", headers, body()).await;
    post(&[("content-type", "text/plain")]).await.expect_error(415, "unsupported_media_type");
    post(&[("content-type", "application/x-www-form-urlencoded")])
        .await
        .expect_error(415, "unsupported_media_type");
    post(&[("content-type", "Application/JSON; charset=utf-8")]).await.expect(201);
    post(&[]).await.expect(201);
}

#[tokio::test]
async fn large_bodies_are_refused_whatever_their_form() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let fits = json!({ "title": "t", "description": "x".repeat(1024 * 1024 - 100), "priority": "LOW" });
    agent.post("/api/v1/tickets", fits).await.expect_error(400, "validation_failed");
    for size in [1024 * 1024 + 1, 8 * 1024 * 1024] {
        let reply = agent.send(Method::POST, "/api/v1/tickets", &[JSON], vec![b' '; size].into()).await;
        reply.expect_error(413, "payload_too_large");
    }
}

/// Whoever sends it, and whether the route takes a body or not.
#[tokio::test]
async fn no_route_takes_a_body_that_is_too_large() {
    let desk = desk().await;
    let (agent, anybody) = (desk.agent().await, desk.anybody());
    let large = || Bytes::from(vec![b' '; 8 * 1024 * 1024]);
    for path in ["/api/v1/tickets", "/api/v1/auth/logout", "/health", "/nowhere", "/socket.io/"] {
        for client in [&anybody, &agent] {
            let reply = client.send(Method::POST, path, &[JSON], large()).await;
            reply.expect_error(413, "payload_too_large");
        }
    }
    // The session has not ended.
    agent.get("/api/v1/user/me").await.expect(200);
    // With one of a decent size what counts is that there is no token.
    let reply = anybody.send(Method::POST, "/api/v1/tickets", &[JSON], vec![b' '; 4096].into()).await;
    reply.expect_error(401, "unauthorized");
}

#[tokio::test]
async fn a_large_body_in_chunks_is_refused_as_well() {
    let desk = desk().await;
    let mut stream = TcpStream::connect(desk.running.addr()).await.expect("accepted");
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
                content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    for _ in 0..20 {
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        stream.write_all(&chunk).await.expect("sent");
    }
    stream.write_all(b"0\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("payload_too_large"), "{answer}");
}

#[tokio::test]
async fn a_client_that_asks_before_sending_too_much_is_told_at_once() {
    let desk = desk().await;
    let mut stream = TcpStream::connect(desk.running.addr()).await.expect("accepted");
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\n\
                content-length: 5000000\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn request_ids_are_kept_when_decent() {
    let desk = desk().await;
    let ask = async |id: &str| {
        let reply = desk.anybody().send(Method::GET, "/nowhere", &[("x-request-id", id)], Bytes::new()).await;
        reply.expect_error(404, "no_route")["requestId"].as_str().expect("an id").to_owned()
    };
    assert_eq!(ask("my-id-7").await, "my-id-7");
    assert_ne!(ask("has spaces").await, "has spaces");
    assert_eq!(ask(&"x".repeat(65)).await.len(), 16);
}

#[tokio::test]
async fn accounts_and_addresses_that_ask_too_often_are_told_when_to_come_back() {
    let limit = RateLimit { per_account: 5, per_address: 20 };
    let desk = desk_with(|config| config.rate_limit = Some(limit)).await;
    let agent = desk.agent().await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(agent.get("/api/v1/user/me").await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
    let refused = agent.get("/api/v1/user/me").await;
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=61).contains(&wait), "{wait}");
    refused.expect_error(429, "rate_limited");

    // Another account at the same address still has its own budget, until the address runs out.
    desk.stranger().await.get("/api/v1/user/me").await.expect(200);
    while desk.anybody().get("/api/v1/kb/categories").await.status == 200 {}
    desk.anybody().get("/api/v1/kb/categories").await.expect_error(429, "rate_limited");
    desk.anybody().get("/health").await.expect(200);
}

#[tokio::test]
async fn guessing_passwords_is_limited_by_account() {
    let limit = RateLimit { per_account: 3, per_address: 1000 };
    let desk = desk_with(|config| config.rate_limit = Some(limit)).await;
    for expected in [401, 401, 401, 429] {
        assert_eq!(desk.anybody().log_in("agent@test.com", "guess").await.status, expected);
    }
    desk.anybody().log_in("admin@test.com", "password").await.expect(200);
}

#[tokio::test]
async fn several_requests_share_a_connection() {
    let desk = desk().await;
    let mut stream = TcpStream::connect(desk.running.addr()).await.expect("accepted");
    let request = "GET /health HTTP/1.1\r\nhost: desk\r\n\r\n";
    let last = "GET /health HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\r\n";
    // All at once: the answers come in order.
    stream.write_all([request, request, last].concat().as_bytes()).await.expect("sent");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.expect("answers");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
}

/// More logins at once than may wait for their turn: some hear that at once instead of waiting with the
/// others.
#[tokio::test]
async fn too_many_logins_at_once_are_told_to_come_back() {
    let desk = desk_with(|config| config.login_concurrency = 1).await;
    let mut logins = JoinSet::new();
    for _ in 0..1500 {
        let anybody = desk.anybody();
        logins.spawn(async move { anybody.log_in("agent@test.com", "guess").await });
    }
    let refused = loop {
        let reply = logins.join_next().await.expect("one is refused").expect("an answer");
        if reply.status != 401 {
            break reply;
        }
    };
    // The others need not wait until all is hashed.
    logins.abort_all();
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_error(503, "overloaded");
    desk.agent().await.get("/api/v1/user/me").await.expect(200);
}
