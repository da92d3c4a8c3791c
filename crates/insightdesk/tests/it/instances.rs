//! Several instances on one PostgreSQL and one Valkey behave as one.

use std::time::Duration;

use insightdesk::config::ValkeyUrl;
use insightdesk::{Config, RateLimit, Running, spawn};
use serde_json::json;
use tokio::time::Instant;

use crate::support::socket::Socket;
use crate::support::valkey::Valkey;
use crate::support::{Client, Desk, PATIENCE, SECRET, Store};

/// Two instances.
async fn two(valkey: Option<ValkeyUrl>, limit: Option<RateLimit>) -> (Desk, Running) {
    let first = Store::Postgres
        .desk_with(|config| (config.valkey, config.rate_limit) = (valkey.clone(), limit))
        .await;
    let config = Config {
        database: first.database.clone(),
        valkey,
        rate_limit: limit,
        jwt_secret: Some(SECRET.to_owned()),
        ..Config::default()
    };
    (first, spawn(config).await.expect("a second desk"))
}

/// The same client, talking to another instance.
fn at(client: &Client, desk: &Running) -> Client {
    Client { addr: desk.addr(), ..client.clone() }
}

/// Tries until it holds.
async fn soon(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < until, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Creates tickets on one instance until the socket of another hears of one: the instances have found each
/// other.
async fn heard(socket: &mut Socket, creator: &Client) {
    let until = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < until, "nothing was heard");
        creator.create_ticket("is anybody listening?").await;
        if let Ok(event) = tokio::time::timeout(Duration::from_millis(300), socket.next()).await {
            assert_eq!(event["event"], "ticket:created");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_instance_does_the_other_knows() {
    let valkey = Valkey::start().await;
    let (first, second) = two(valkey.url(), None).await;
    let agent = first.agent().await;
    let mut socket = Socket::connect(&at(&agent, &second), &["websocket"]).await;
    socket.subscribe("tickets:org_123").await;
    heard(&mut socket, &agent).await;

    let id = agent.create_ticket("talked about").await;
    // Of those before, some may have come late.
    while socket.expect("ticket:created").await["data"]["ticketId"] != id {}
    let path = format!("/api/v1/tickets/{id}");
    agent.patch(&path, json!({ "priority": "HIGH" })).await.expect(200);
    assert_eq!(socket.expect("ticket:updated").await["data"]["ticket"]["priority"], "HIGH");
    agent.post(&format!("{path}/comments"), json!({ "content": "hello" })).await.expect(201);
    assert_eq!(socket.expect("ticket:comment").await["data"]["comment"]["content"], "hello");
    socket.subscribe(&format!("ticket:{id}")).await;
    let mut writer = Socket::connect(&first.agent().await, &["websocket"]).await;
    assert_eq!(writer.ask("typing", json!({ "ticketId": id })).await, json!({ "ok": true }));
    let typing = socket.expect("ticket:typing").await["data"].clone();
    assert_eq!((&typing["ticketId"], &typing["userId"]), (&json!(id), &json!("user_agent_test_com")));

    // Logging out of one ends the session on the other, sockets included.
    at(&agent, &second).get("/api/v1/user/me").await.expect(200);
    agent.post("/api/v1/auth/logout", json!({})).await.expect(204);
    socket.until("disconnect").await;
    let elsewhere = at(&agent, &second);
    elsewhere.get("/api/v1/user/me").await.expect_error(401, "session_ended");

    let health = elsewhere.get("/health").await.expect(200).json();
    assert_eq!(health["checks"], json!({ "database": "ok", "valkey": "ok" }));
}

#[tokio::test]
async fn limits_and_cached_numbers_are_shared() {
    let valkey = Valkey::start().await;
    let limit = RateLimit { per_account: 10, per_address: 10_000 };
    let (first, second) = two(valkey.url(), Some(limit)).await;
    let agent = first.agent().await;
    let numbers = agent.get("/api/v1/analytics/dashboard").await.expect(200).json();
    let elsewhere = at(&agent, &second).get("/api/v1/analytics/dashboard").await.expect(200).json();
    assert_eq!(numbers["generatedAt"], elsewhere["generatedAt"]);
    for _ in 0..4 {
        agent.get("/api/v1/user/me").await.expect(200);
        at(&agent, &second).get("/api/v1/user/me").await.expect(200);
    }
    let refused = at(&agent, &second).get("/api/v1/user/me").await;
    assert!((1..=61).contains(&refused.header("retry-after").parse::<u64>().expect("seconds")));
    refused.expect_error(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_valkey_each_instance_goes_on_alone_and_they_find_each_other_again() {
    let mut valkey = Valkey::start().await;
    let (first, second) = two(valkey.url(), None).await;
    let (agent, other) = (first.agent().await, first.agent().await);
    let mut socket = Socket::connect(&at(&agent, &second), &["websocket"]).await;
    let mut others = Socket::connect(&at(&other, &second), &["websocket"]).await;
    let mut strangers = Socket::connect(&at(&first.stranger().await, &second), &["websocket"]).await;
    socket.subscribe("tickets:org_123").await;
    heard(&mut socket, &agent).await;

    valkey.kill().await;
    let started_at = Instant::now();
    for _ in 0..20 {
        agent.create_ticket("while valkey is away").await;
        agent.get("/api/v1/analytics/dashboard").await.expect(200);
    }
    assert!(started_at.elapsed() < Duration::from_secs(10), "{:?}", started_at.elapsed());
    let error = agent.get("/health").await.expect_error(503, "dependency_unavailable");
    assert_eq!(error["details"][0]["field"], "valkey");
    // A session that ends now must be over on the other instance too, as soon as it can know, and so must its
    // sockets be.
    other.post("/api/v1/auth/logout", json!({})).await.expect(204);
    // So must one of whose end nobody will hear: an instance that ended it and then crashed.
    let end = "UPDATE sessions SET revoked_at = now() WHERE user_id = 'user_loadtest_example_com'";
    first.execute("", end).await;

    valkey.resume().await;
    soon("health", async || agent.get("/health").await.status == 200).await;
    soon("revocation", async || at(&other, &second).get("/api/v1/user/me").await.status == 401).await;
    for socket in [&mut others, &mut strangers] {
        assert_eq!(socket.expect("dismissed").await["data"], json!({ "reason": "session_ended" }));
        socket.expect("disconnect").await;
    }
    let late = agent.create_ticket("valkey is back").await;
    soon("events", async || socket.next().await["data"]["ticketId"] == late).await;
}

/// What was said last goes out before an instance stops, and not before the others listen again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_stops_tells_the_others_first() {
    let mut valkey = Valkey::start().await;
    let (first, second) = two(valkey.url(), None).await;
    let agent = first.agent().await;
    let mut socket = Socket::connect(&at(&agent, &second), &["websocket"]).await;
    socket.subscribe("tickets:org_123").await;
    heard(&mut socket, &agent).await;

    valkey.kill().await;
    let mut last_words = Vec::new();
    for _ in 0..5 {
        last_words.push(agent.create_ticket("while valkey is away").await);
    }
    let Desk { running, folder: _folder, .. } = first;
    tokio::join!(running.shutdown(), valkey.resume());
    // Of the tickets before, some may have come late.
    while socket.expect("ticket:created").await["data"]["ticketId"] != last_words[0] {}
    for id in &last_words[1..] {
        assert_eq!(socket.expect("ticket:created").await["data"]["ticketId"], *id);
    }
}
