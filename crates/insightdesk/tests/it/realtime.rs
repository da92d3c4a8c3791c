//! Sockets, as the official client of Socket.IO sees them.

use std::time::Duration;

use insightdesk::{Config, spawn};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::raw_socket::{heard, subscribed};
use crate::support::socket::Socket;
use crate::support::{Client, Desk, PATIENCE, SECRET, desk, desk_with};

const TRANSPORTS: [&[&str]; 3] = [&["websocket"], &["polling"], &["polling", "websocket"]];

#[tokio::test]
async fn every_transport_connects_subscribes_and_hears() {
    let desk = desk().await;
    let agent = desk.agent().await;
    for transports in TRANSPORTS {
        let mut socket = Socket::connect(&agent, transports).await;
        socket.subscribe("tickets:org_123").await;
        let id = agent.create_ticket("announced").await;
        let created = socket.expect("ticket:created").await;
        assert_eq!(
            (&created["data"]["ticket"]["id"], &created["data"]["ticketId"]),
            (&json!(id), &json!(id))
        );
        let now = i64::try_from(now_ms()).expect("a time");
        let age = now - created["data"]["timestamp"].as_i64().expect("milliseconds");
        assert!((0..30_000).contains(&age), "{age}");

        let path = format!("/api/v1/tickets/{id}");
        agent.patch(&path, json!({ "priority": "HIGH" })).await.expect(200);
        assert_eq!(socket.expect("ticket:updated").await["data"]["ticket"]["priority"], "HIGH");
        agent.post(&format!("{path}/comments"), json!({ "content": "hello" })).await.expect(201);
        assert_eq!(socket.expect("ticket:comment").await["data"]["comment"]["content"], "hello");

        let answer = socket.ask("unsubscribe", json!({ "channel": "tickets:org_123" })).await;
        assert_eq!(answer["ok"], true);
        agent.create_ticket("not announced").await;
        socket.emit("ping", json!({ "timestamp": 42 })).await;
        let pong = socket.expect("pong").await;
        assert_eq!(pong["data"]["timestamp"], 42);
        assert!(pong["data"]["serverTime"].is_i64());
    }
}

fn now_ms() -> u128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("after 1970").as_millis()
}

#[tokio::test]
async fn tokens_are_taken_from_auth_and_query_and_bad_ones_are_refused() {
    let desk = desk_with(|config| config.access_token_lifetime = Duration::from_secs(1)).await;
    let agent = desk.agent().await;
    let token = agent.token.clone().expect("logged in");
    let mut by_query = Socket::open(&agent, &json!({ "query": { "token": token } }));
    by_query.expect("connect").await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let cases = [
        (json!({}), "send a token"),
        (json!({ "auth": { "token": "nonsense" } }), "the access token is not valid"),
        (json!({ "auth": { "token": token } }), "the access token has expired"),
        (json!({ "auth": { "token": 7 } }), "send a token"),
    ];
    for (options, expected) in cases {
        let mut socket = Socket::open(&agent, &options);
        let refused = socket.expect("connect_error").await;
        assert!(refused["message"].as_str().expect("a message").starts_with(expected), "{refused}");
    }
    let metrics = desk.anybody().get("/metrics").await.expect(200);
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.contains("insightdesk_sockets_open 1\n"), "{metrics}");
    assert!(metrics.contains("insightdesk_sockets_refused_total 4\n"), "{metrics}");
}

#[tokio::test]
async fn another_tenants_channels_are_refused_and_silent() {
    let desk = desk().await;
    let (agent, stranger) = (desk.agent().await, desk.stranger().await);
    let ticket = agent.create_ticket("ours").await;
    let mut socket = Socket::connect(&stranger, &["websocket"]).await;
    let channels = [
        "tickets:org_123",
        &format!("ticket:{ticket}"),
        "ticket:none",
        "session:0",
        "",
        "tickets:",
        "*",
        "ticket:' OR ''='",
    ];
    for channel in channels {
        let answer = socket.ask("subscribe", json!({ "channel": channel })).await;
        assert_eq!(
            (&answer["ok"], &answer["error"]["code"]),
            (&json!(false), &json!("no_channel")),
            "{channel}"
        );
    }
    for wish in [json!(null), json!([]), json!({ "channel": 7 }), json!("tickets:org_123")] {
        assert_eq!(socket.ask("subscribe", wish).await["error"]["code"], "malformed_request");
    }
    assert_eq!(socket.ask("typing", json!({ "ticketId": ticket })).await["error"]["code"], "not_found");
    socket.subscribe("tickets:org_loadtest").await;
    agent.create_ticket("still ours").await;
    let theirs = stranger.create_ticket("theirs").await;
    assert_eq!(socket.expect("ticket:created").await["data"]["ticketId"], theirs, "and nothing else before");
}

#[tokio::test]
async fn typing_is_heard_by_the_others() {
    let desk = desk().await;
    let (agent, admin) = (desk.agent().await, desk.admin().await);
    let mut writer = Socket::connect(&agent, &["websocket"]).await;
    let mut reader = Socket::connect(&admin, &["websocket"]).await;
    for socket in [&mut writer, &mut reader] {
        socket.subscribe("ticket:ticket_1").await;
    }
    assert_eq!(writer.ask("typing", json!({ "ticketId": "ticket_1" })).await, json!({ "ok": true }));
    let heard = reader.expect("ticket:typing").await["data"].clone();
    assert_eq!((&heard["ticketId"], &heard["userId"]), (&json!("ticket_1"), &json!("user_agent_test_com")));
    assert!(heard["timestamp"].is_i64());
    writer.emit("ping", json!({})).await;
    writer.expect("pong").await;
}

#[tokio::test]
async fn a_session_that_ends_takes_its_sockets_along() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let (mut socket, mut other) = (
        Socket::connect(&agent, &["websocket"]).await,
        Socket::connect(&desk.agent().await, &["polling"]).await,
    );
    agent.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(socket.expect("dismissed").await["data"], json!({ "reason": "session_ended" }));
    assert_eq!(socket.expect("disconnect").await["reason"], "io server disconnect");
    other.emit("ping", json!({})).await;
    other.expect("pong").await;
}

#[tokio::test]
async fn clients_survive_a_restart_and_the_stop_does_not_wait_for_them() {
    for transport in ["websocket", "polling"] {
        let Desk { running, database, folder: _folder } = desk().await;
        let addr = running.addr();
        let mut agent = Client::new(addr);
        agent.token = Some(agent.log_in("agent@test.com", "password").await.text("/accessToken"));
        let mut socket = Socket::connect(&agent, &[transport]).await;
        socket.subscribe("tickets:org_123").await;
        let stopped_at = Instant::now();
        running.shutdown().await;
        assert!(stopped_at.elapsed() < Duration::from_secs(8), "{:?}", stopped_at.elapsed());
        socket.until("disconnect").await;
        let config =
            Config { database, port: addr.port(), jwt_secret: Some(SECRET.to_owned()), ..Config::default() };
        let again = spawn(config).await.expect("the port is free again");
        socket.until("connect").await;
        socket.subscribe("tickets:org_123").await;
        let id = agent.create_ticket("after the restart").await;
        assert_eq!(socket.expect("ticket:created").await["data"]["ticketId"], id);
        again.shutdown().await;
    }
}

/// Clients may speak as soon as they hear that they are connected, and all of them are counted out again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_speak_at_once_are_all_heard() {
    let desk = desk().await;
    let token = desk.agent().await.token.expect("logged in");
    let mut clients = JoinSet::new();
    for _ in 0..300 {
        let (addr, token) = (desk.running.addr(), token.clone());
        clients.spawn(async move {
            let mut stream = TcpStream::connect(addr).await.expect("accepted");
            subscribed(&mut stream, &token).await;
            stream
        });
    }
    let streams = clients.join_all().await;
    assert_eq!((streams.len(), desk.gauge("insightdesk_sockets_open").await), (300, 300));
    drop(streams);
    let until = Instant::now() + PATIENCE;
    while desk.gauge("insightdesk_sockets_open").await > 0 {
        assert!(Instant::now() < until, "sockets that are gone count as open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A socket that has subscribed and does not read any more.
async fn slow(desk: &Desk, agent: &Client) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    // As little as possible waits in the network.
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut slow = socket.connect(desk.running.addr()).await.expect("accepted");
    subscribed(&mut slow, agent.token.as_deref().expect("logged in")).await;
    slow
}

/// Creates large tickets until a socket is too slow for them; returns how many.
async fn overwhelm(desk: &Desk, agent: &Client) -> usize {
    let large = json!({ "title": "large", "description": "x".repeat(10_000), "priority": "LOW" });
    let mut created = 0;
    while desk.gauge("insightdesk_sockets_slow_total").await == 0 {
        for _ in 0..50 {
            agent.post("/api/v1/tickets", large.clone()).await.expect(201);
            created += 1;
        }
        assert!(created < 5_000, "the desk keeps everything for a socket that does not read");
    }
    created
}

#[tokio::test]
async fn a_socket_that_does_not_read_is_given_up_and_harms_nobody() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let _slow = slow(&desk, &agent).await;
    let mut healthy = Socket::connect(&agent, &["websocket"]).await;
    healthy.subscribe("tickets:org_123").await;
    let created = overwhelm(&desk, &agent).await;
    for _ in 0..created {
        healthy.expect("ticket:created").await;
    }
}

#[tokio::test]
async fn a_slow_socket_that_reads_again_hears_why_it_must_go() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let mut slow = slow(&desk, &agent).await;
    overwhelm(&desk, &agent).await;
    // The event, and the next frame: that it is disconnected.
    heard(&mut slow, b"42[\"dismissed\",{\"reason\":\"slow_consumer\"}]\x81\x0241").await;
}
