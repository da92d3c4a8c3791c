//! The measuring instrument: the ledger adds up, and faults do what they say.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use insightdesk::Config;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::support::{Client, Desk, desk_with};

async fn instrument() -> Desk {
    desk_with(|config| config.instrument = true).await
}

async fn set_faults(client: &Client, faults: Value) {
    client.post("/__target/faults", faults).await.expect(200);
}

fn route<'a>(ledger: &'a Value, name: &str) -> &'a Value {
    let routes = ledger["routes"].as_array().expect("routes");
    routes.iter().find(|route| route["route"] == name).unwrap_or_else(|| panic!("no {name} in {ledger}"))
}

#[tokio::test]
async fn the_ledger_counts_what_was_sent() {
    let desk = instrument().await;
    let agent = desk.agent().await;
    let id = agent.create_ticket("counted").await;
    for _ in 0..7 {
        agent.get(&format!("/api/v1/tickets/{id}")).await.expect(200);
    }
    for _ in 0..3 {
        agent.get("/api/v1/tickets/none").await.expect(404);
    }
    let listed = agent.get("/api/v1/tickets?limit=3").await.expect(200);
    agent.get("/nowhere").await.expect(404);
    agent.send(Method::PUT, "/health", &[], Bytes::new()).await.expect(405);

    let ledger = agent.get("/__target/ledger").await.expect(200).json();
    let get = route(&ledger, "GET /api/v1/tickets/{id}");
    assert_eq!((&get["received"], &get["answered"], &get["inFlight"]), (&json!(10), &json!(10), &json!(0)));
    assert_eq!(get["byStatus"], json!({ "200": 7, "404": 3 }));
    assert_eq!(get["latency"]["count"], 10);
    let buckets = get["latency"]["buckets"].as_array().expect("buckets");
    assert_eq!(buckets.iter().map(|bucket| bucket[1].as_u64().expect("a count")).sum::<u64>(), 10);
    assert_eq!(route(&ledger, "GET /api/v1/tickets")["sentBytes"], listed.body.len());
    assert_eq!(route(&ledger, "unmatched")["byStatus"], json!({ "404": 1, "405": 1 }));
    // Login, create, 7 + 3 reads, list, two strays, and the ledger itself, which is still in flight.
    assert_eq!((&ledger["totals"]["received"], &ledger["totals"]["inFlight"]), (&json!(16), &json!(1)));
}

/// What counts is what was read: not what a head announces, and what comes in chunks too.
#[tokio::test]
async fn the_ledger_counts_the_bytes_it_was_sent() {
    let desk = instrument().await;
    let agent = desk.agent().await;
    let received = async |name: &str| {
        let ledger = agent.get("/__target/ledger").await.expect(200).json();
        route(&ledger, name)["receivedBytes"].as_u64().expect("a count")
    };
    let ticket = json!({ "title": "counted", "description": "to the byte", "priority": "LOW" });
    agent.post("/api/v1/tickets", ticket.clone()).await.expect(201);
    let size = u64::try_from(ticket.to_string().len()).expect("a size");
    assert_eq!(received("POST /api/v1/tickets").await, size);

    let mut stream = TcpStream::connect(desk.running.addr()).await.expect("accepted");
    let request = "POST /api/v1/auth/refresh HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
                   transfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(received("POST /api/v1/auth/refresh").await, 7);
}

#[tokio::test]
async fn without_being_asked_for_there_is_no_instrument() {
    let desk = desk_with(|_| {}).await;
    desk.anybody().get("/__target/ledger").await.expect_error(404, "no_route");
    desk.anybody().post("/__target/faults", json!({})).await.expect_error(404, "no_route");
}

#[tokio::test]
async fn latency_is_added_to_one_route() {
    let desk = instrument().await;
    let client = desk.anybody();
    let fault = json!({ "latency": [{ "route": "GET /health", "delay": { "fixedMs": 400 } }] });
    set_faults(&client, fault).await;
    let time = async |path: &str| {
        let started_at = Instant::now();
        client.get(path).await.expect(200);
        started_at.elapsed()
    };
    assert!(time("/health").await >= Duration::from_millis(400));
    assert!(time("/api/v1/kb/articles/api-faq").await < Duration::from_millis(400));
    let ledger = client.get("/__target/ledger").await.json();
    assert!(route(&ledger, "GET /health")["latency"]["p50Us"].as_u64().expect("a time") >= 400_000);
    client.delete("/__target/faults").await.expect(204);
    assert!(time("/health").await < Duration::from_millis(400));
}

#[tokio::test]
async fn errors_come_at_the_rate_that_was_asked_for() {
    let desk = instrument().await;
    let client = desk.anybody();
    set_faults(&client, json!({ "errors": [{ "rate": 0.5, "status": 503 }] })).await;
    let mut failed = 0;
    for _ in 0..200 {
        let reply = client.get("/api/v1/kb/articles/api-faq").await;
        if reply.status == 503 {
            failed += 1;
            assert_eq!(reply.header("retry-after"), "1");
            reply.expect_error(503, "injected_fault");
        }
    }
    // Six standard deviations around 100.
    assert!((58..=142).contains(&failed), "{failed}");
    let ledger = client.get("/__target/ledger").await.json();
    assert_eq!(route(&ledger, "GET /api/v1/kb/articles/{slug}")["byStatus"]["503"], failed);
}

#[tokio::test]
async fn resets_break_the_connection_and_are_accounted_for() {
    let desk = instrument().await;
    let client = desk.anybody();
    set_faults(&client, json!({ "resets": [{ "route": "GET /metrics", "rate": 1 }] })).await;
    for _ in 0..5 {
        let broken = client.try_send(Method::GET, "/metrics", &[], Bytes::new()).await;
        broken.expect_err("the connection breaks");
    }
    client.get("/health").await.expect(200);
    let ledger = client.get("/__target/ledger").await.json();
    let metrics = route(&ledger, "GET /metrics");
    assert_eq!(
        (&metrics["received"], &metrics["abandoned"], &metrics["answered"]),
        (&json!(5), &json!(5), &json!(0))
    );
}

#[tokio::test]
async fn a_stall_holds_everything_once() {
    let desk = instrument().await;
    let client = desk.anybody();
    let started_at = Instant::now();
    set_faults(&client, json!({ "stallMs": 700 })).await;
    client.get("/health").await.expect(200);
    assert!(started_at.elapsed() >= Duration::from_millis(700));
    let after = Instant::now();
    client.get("/health").await.expect(200);
    assert!(after.elapsed() < Duration::from_millis(700));
}

#[tokio::test]
async fn while_accepting_is_paused_only_open_connections_are_served() {
    let desk = instrument().await;
    let client = desk.anybody();
    let started_at = Instant::now();
    set_faults(&client, json!({ "pauseAcceptMs": 500 })).await;
    client.get("/health").await.expect(200);
    assert!(started_at.elapsed() >= Duration::from_millis(500), "the new connection had to wait");
}

#[tokio::test]
async fn capacity_is_workers_over_mean_service_time() {
    let desk = instrument().await;
    let client = desk.anybody();
    set_faults(&client, json!({ "capacity": { "workers": 4, "meanServiceMs": 4 } })).await;
    let started_at = Instant::now();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..400 {
        let client = client.clone();
        requests.spawn(async move { client.get("/health").await.status });
    }
    assert!(requests.join_all().await.iter().all(|&status| status == 200));
    // 400 services of 4 ms by four workers take 400 ms; five standard deviations (5 % each) and a busy
    // machine.
    let took = started_at.elapsed().as_secs_f64();
    assert!((0.3..10.0).contains(&took), "{took}");
}

#[tokio::test]
async fn nonsense_is_refused_and_leaves_the_faults_alone() {
    let desk = instrument().await;
    let client = desk.anybody();
    let fault = json!({ "errors": [{ "route": "GET /health", "rate": 1.0, "status": 500 }] });
    set_faults(&client, fault.clone()).await;
    for nonsense in [json!({ "chaos": 1 }), json!({ "errors": [{ "rate": 2 }] }), json!([1])] {
        client.post("/__target/faults", nonsense).await.expect_error(400, "malformed_request");
    }
    let present = client.get("/__target/faults").await.expect(200).json();
    assert_eq!(present["errors"], fault["errors"]);
    client.get("/health").await.expect_error(500, "injected_fault");
}

#[tokio::test]
async fn shutdown_waits_for_requests_but_not_for_ever() {
    let slow = |grace| async move {
        let desk = desk_with(|config: &mut Config| (config.instrument, config.grace) = (true, grace)).await;
        let client = desk.anybody();
        let fault = json!({ "latency": [{ "route": "GET /health", "delay": { "fixedMs": 2000 } }] });
        set_faults(&client, fault).await;
        let in_flight =
            tokio::spawn(async move { client.try_send(Method::GET, "/health", &[], Bytes::new()).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let (addr, started_at) = (desk.running.addr(), Instant::now());
        desk.running.shutdown().await;
        let took = started_at.elapsed();
        let refused = timeout(Duration::from_secs(5), TcpStream::connect(addr)).await.expect("an answer");
        refused.expect_err("nobody listens any more");
        (in_flight.await.expect("the client ends"), took)
    };
    let (answer, took) = slow(Duration::from_secs(10)).await;
    assert_eq!(answer.expect("an answer").status, 200);
    assert!((Duration::from_secs(1)..Duration::from_secs(9)).contains(&took), "{took:?}");
    let (answer, took) = slow(Duration::from_millis(100)).await;
    answer.expect_err("cut off");
    assert!(took < Duration::from_millis(1500), "{took:?}");
}
