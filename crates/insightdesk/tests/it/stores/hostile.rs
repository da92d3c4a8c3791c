//! Clients that mean harm: no server error, no leak between tenants, no way to occupy the desk.

use std::time::Duration;

use hyper::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{desk, desk_with};
use crate::support::PATIENCE;

const INJECTIONS: [&str; 14] = [
    "'; DROP TABLE tickets; --",
    "' OR organization_id = 'org_123' --",
    "1) UNION SELECT * FROM users --",
    "\\'; SELECT pg_sleep(10); --",
    "$1",
    "${jndi:ldap://h/a}",
    "{{7*7}}",
    "\r\nset-cookie: stolen=1",
    "a\r\n\r\nHTTP/1.1 200 OK",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "%00",
    "\u{202e}\u{feff}\u{1f4a5}",
    "org_123",
];

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn nothing_that_is_sent_becomes_sql_or_a_header() {
    let desk = desk().await;
    let stranger = desk.stranger().await;
    let count = "SELECT count(*) FROM tickets WHERE organization_id = 'org_123'";
    let secret = desk.agent().await.create_ticket("marzipan").await;
    let before = desk.number(count, count).await;
    for text in INJECTIONS {
        let word = encode(text);
        let queries = ["status", "priority", "assignee", "sort", "page", "limit"];
        let mut paths: Vec<_> =
            queries.iter().map(|name| format!("/api/v1/tickets?limit=100&{name}={word}")).collect();
        paths.extend([
            format!("/api/v1/tickets/{word}"),
            format!("/api/v1/tickets/{word}/comments"),
            format!("/api/v1/tickets/search?q={word}"),
            format!("/api/v1/kb/articles?q={word}&category={word}"),
            format!("/api/v1/kb/articles/{word}"),
            format!("/{word}"),
        ]);
        for path in paths {
            let reply = stranger.get(&path).await;
            assert!(reply.status < 500, "{path}: {} {:?}", reply.status, reply.body);
            assert!(reply.headers.get("set-cookie").is_none(), "{path}");
            let body = String::from_utf8_lossy(&reply.body);
            assert!(!body.contains("marzipan") && !body.contains(&secret), "{path}: {body}");
            assert!(!body.contains("argon2"), "{path}: {body}");
        }
        let bodies = [
            ("/api/v1/auth/login", json!({ "email": text, "password": text })),
            ("/api/v1/auth/refresh", json!({ "refreshToken": text })),
            ("/api/v1/tickets", json!({ "title": text, "description": text, "priority": text })),
            ("/api/v1/tickets", json!({ "title": text, "description": text, "priority": "LOW" })),
            ("/api/v1/tickets/ticket_700/comments", json!({ "content": text })),
        ];
        for (path, body) in bodies {
            let reply = stranger.post(path, body).await;
            assert!(reply.status < 500, "{path} {text:?}: {}", reply.status);
            assert!(reply.headers.get("set-cookie").is_none());
        }
        let patch =
            stranger.patch("/api/v1/tickets/ticket_700", json!({ "title": text, "assigneeId": text })).await;
        assert!(patch.status < 500);
    }
    assert_eq!(desk.number(count, count).await, before);
    let kept = stranger
        .post("/api/v1/tickets", json!({ "title": INJECTIONS[0], "description": "d", "priority": "LOW" }));
    assert_eq!(kept.await.expect(201).text("/title"), INJECTIONS[0], "stored as it is");
}

#[tokio::test]
async fn a_megabyte_of_headers_is_refused() {
    let desk = desk().await;
    let one = format!("x-large: {}\r\n", "a".repeat(1024 * 1024));
    let many: String =
        (0..20_000).map(|n| format!("x-header-{n}: some value of decent length\r\n")).collect();
    let long_path = "x".repeat(1024 * 1024);
    let heads = [
        format!("GET /health HTTP/1.1\r\nhost: desk\r\n{one}\r\n"),
        format!("GET /health HTTP/1.1\r\nhost: desk\r\n{many}\r\n"),
        format!("GET /{long_path} HTTP/1.1\r\nhost: desk\r\n\r\n"),
    ];
    for head in heads {
        let mut stream = TcpStream::connect(desk.running.addr()).await.expect("accepted");
        // The desk hangs up before it has read everything.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        let _ = read.expect("an answer or an end in time");
        let status = String::from_utf8_lossy(&answer).chars().skip(9).take(3).collect::<String>();
        assert!(["", "400", "414", "431"].contains(&status.as_str()), "{status}");
    }
    desk.anybody().get("/health").await.expect(200);
}

/// Many connections that send their heads a byte at a time: they delay nobody, and are closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_closed_and_delay_nobody() {
    let desk = desk_with(|config| config.head_timeout = Duration::from_secs(2)).await;
    let addr = desk.running.addr();
    let mut slow = JoinSet::new();
    for _ in 0..200 {
        slow.spawn(async move {
            let mut stream = TcpStream::connect(addr).await.expect("accepted");
            let mut rest =
                b"GET /health HTTP/1.1\r\nhost: desk\r\nx-patience: ".iter().chain([b'a'].iter().cycle());
            let mut answer = [0; 512];
            loop {
                let byte = *rest.next().expect("it never ends");
                let pause = Duration::from_millis(100);
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
                // Either an end, or a few words about the time that is up and then an end.
                if let Ok(read) = tokio::time::timeout(pause, stream.read(&mut answer)).await {
                    assert!(!matches!(read, Ok(n) if n > 0 && !answer.starts_with(b"HTTP/1.1 408")));
                    return;
                }
            }
        });
    }
    let agent = desk.agent().await;
    let started_at = Instant::now();
    for _ in 0..20 {
        agent.get("/api/v1/tickets?limit=1").await.expect(200);
    }
    assert!(started_at.elapsed() < Duration::from_secs(20), "{:?}", started_at.elapsed());
    let closed = async { while slow.join_next().await.transpose().expect("no client fails").is_some() {} };
    tokio::time::timeout(PATIENCE, closed).await.expect("all are closed in time");
}

/// Those who promise a body and send it a byte at a time are told that their time is up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_are_given_up_and_delay_nobody() {
    let desk = desk_with(|config| config.body_timeout = Duration::from_secs(2)).await;
    let agent = desk.agent().await;
    let token = agent.token.clone().expect("logged in");
    let mut slow = JoinSet::new();
    for path in ["/api/v1/auth/login", "/api/v1/tickets"].repeat(100) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: 100000\r\n\r\n{{"
        );
        let addr = desk.running.addr();
        slow.spawn(async move {
            let mut stream = TcpStream::connect(addr).await.expect("accepted");
            stream.write_all(head.as_bytes()).await.expect("sent");
            let (mut answers, mut body) = stream.split();
            let mut answer = [0; 12];
            let dripping = async {
                while body.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                std::future::pending().await
            };
            tokio::select! {
                read = answers.read_exact(&mut answer) => read.expect("an answer"),
                never = dripping => never,
            };
            answer
        });
    }
    for _ in 0..20 {
        agent.create_ticket("meanwhile").await;
    }
    let answers = tokio::time::timeout(PATIENCE, slow.join_all()).await.expect("all are told in time");
    assert!(answers.iter().all(|answer| answer == b"HTTP/1.1 408"));
}

/// A stolen refresh token, used by many at once, opens the session for none of them in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_many_use_at_once_ends_the_session() {
    let desk = desk().await;
    let client = desk.anybody();
    let tokens = client.log_in("agent@test.com", "password").await.expect(200);
    let mut thieves = JoinSet::new();
    for _ in 0..10 {
        let (client, token) = (client.clone(), tokens.text("/refreshToken"));
        thieves.spawn(
            async move { client.post("/api/v1/auth/refresh", json!({ "refreshToken": token })).await },
        );
    }
    let replies = thieves.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 9));
    assert!(lost.iter().all(|reply| reply.status == 401));
    let next = json!({ "refreshToken": won[0].text("/refreshToken") });
    client.post("/api/v1/auth/refresh", next).await.expect(401);
    let mut owner = client.clone();
    owner.token = Some(won[0].text("/accessToken"));
    owner
        .send(Method::GET, "/api/v1/user/me", &[], hyper::body::Bytes::new())
        .await
        .expect_error(401, "session_ended");
}
