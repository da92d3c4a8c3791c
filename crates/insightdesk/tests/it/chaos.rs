//! The database goes away while clients work: errors are 503 and not hangs, and nothing that was acknowledged
//! is lost.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use insightdesk::{Config, spawn};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::postgres::{self, Server};
use crate::support::valkey::Valkey;
use crate::support::{Client, SECRET};

/// How long the database is away.
const OUTAGE: Duration = Duration::from_secs(5);
/// The desk's limit for a query, and some more for a busy machine.
const LONGEST_ANSWER: Duration = Duration::from_secs(12);

/// What one client experienced.
#[derive(Default)]
struct Experience {
    acknowledged: HashSet<String>,
    statuses: BTreeMap<u16, usize>,
    longest: Duration,
}

/// Creates tickets one after the other until `end`.
async fn work(client: Client, end: Instant) -> Experience {
    let mut experience = Experience::default();
    while Instant::now() < end {
        let ticket = json!({ "title": "chaos", "description": "made while things break", "priority": "LOW" });
        let asked_at = Instant::now();
        let reply = client.post("/api/v1/tickets", ticket).await;
        experience.longest = experience.longest.max(asked_at.elapsed());
        *experience.statuses.entry(reply.status).or_default() += 1;
        match reply.status {
            201 => _ = experience.acknowledged.insert(reply.text("/id")),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    experience
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_database_and_valkey_go_away() {
    let (mut server, mut valkey) = (Server::start().await, Valkey::start().await);
    let address = server.database("desk").await;
    let config = Config {
        database: address.clone().into(),
        valkey: valkey.url(),
        jwt_secret: Some(SECRET.to_owned()),
        ..Config::default()
    };
    let desk = spawn(config).await.expect("a desk");
    let mut agent = Client::new(desk.addr());
    agent.token = Some(agent.log_in("agent@test.com", "password").await.text("/accessToken"));

    let end = Instant::now() + OUTAGE + Duration::from_secs(4);
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        clients.spawn(work(agent.clone(), end));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.stop().await;
    valkey.kill().await;
    let error = agent.get("/health").await.expect_error(503, "dependency_unavailable");
    assert_eq!(
        (&error["details"][0]["field"], &error["details"][1]["field"]),
        (&json!("database"), &json!("valkey"))
    );
    tokio::time::sleep(OUTAGE).await;
    server.resume().await;
    valkey.resume().await;
    let resumed_at = Instant::now();
    while agent.get("/health").await.status != 200 {
        assert!(resumed_at.elapsed() < LONGEST_ANSWER, "the desk does not recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let mut acknowledged = HashSet::new();
    let mut statuses = BTreeMap::new();
    for experience in clients.join_all().await {
        acknowledged.extend(experience.acknowledged);
        assert!(experience.longest < LONGEST_ANSWER, "{:?}", experience.longest);
        for (status, count) in experience.statuses {
            *statuses.entry(status).or_insert(0) += count;
        }
    }
    assert!(statuses.keys().all(|status| matches!(status, 201 | 503)), "{statuses:?}");
    assert!(statuses[&503] > 8 && statuses[&201] > 8, "{statuses:?}");
    let ids: Vec<_> = acknowledged.iter().map(|id| format!("'{id}'")).collect();
    let stored = format!("SELECT count(*) FROM tickets WHERE id IN ({})", ids.join(", "));
    let stored = usize::try_from(postgres::number(&address, &stored).await).expect("a count");
    assert_eq!(stored, acknowledged.len(), "every ticket that was acknowledged is there");
    desk.shutdown().await;
}
