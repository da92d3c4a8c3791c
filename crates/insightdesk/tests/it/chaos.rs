//! Things break while clients work: errors are 503 and not hangs, and nothing that was acknowledged is lost.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use hyper::Method;
use insightdesk::storage::postgres::Address;
use insightdesk::{Config, Running, spawn};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::postgres::{self, Server};
use crate::support::valkey::Valkey;
use crate::support::{Client, SECRET};

/// How long something is broken.
const OUTAGE: Duration = Duration::from_secs(5);
/// The desk's limit for a query, and some more for a busy machine.
const LONGEST_ANSWER: Duration = Duration::from_secs(12);
const CLIENTS: usize = 8;

/// A desk on stores of its own.
struct Scene {
    server: Server,
    valkey: Valkey,
    address: Address,
    desk: Running,
    agent: Client,
}

impl Scene {
    async fn set() -> Self {
        let (server, valkey) = (Server::start().await, Valkey::start().await);
        let address = server.database("desk").await;
        let config = Config {
            database: address.clone().into(),
            valkey: valkey.url(),
            jwt_secret: Some(SECRET.to_owned()),
            instrument: true,
            ..Config::default()
        };
        let desk = spawn(config).await.expect("a desk");
        let mut agent = Client::new(desk.addr());
        agent.token = Some(agent.log_in("agent@test.com", "password").await.text("/accessToken"));
        Self { server, valkey, address, desk, agent }
    }

    /// Clients that create tickets for so long.
    fn load(&self, time: Duration) -> JoinSet<Experience> {
        let end = Instant::now() + time;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(work(self.agent.clone(), end));
        }
        clients
    }

    async fn set_faults(&self, faults: Value) {
        self.agent.post("/__target/faults", faults).await.expect(200);
    }

    async fn recovers(&self) {
        let mended_at = Instant::now();
        while self.agent.get("/health").await.status != 200 {
            assert!(mended_at.elapsed() < LONGEST_ANSWER, "the desk does not recover");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Insists that every acknowledged ticket is in the database.
    async fn nothing_is_lost(self, experience: &Experience) {
        let ids: Vec<_> = experience.acknowledged.iter().map(|id| format!("'{id}'")).collect();
        let stored = format!("SELECT count(*) FROM tickets WHERE id IN ({})", ids.join(", "));
        let stored = usize::try_from(postgres::number(&self.address, &stored).await).expect("a count");
        assert_eq!(stored, experience.acknowledged.len(), "every ticket that was acknowledged is there");
        self.desk.shutdown().await;
    }
}

/// What clients experienced.
#[derive(Default)]
struct Experience {
    acknowledged: HashSet<String>,
    /// How many answers there were of each status; 0 is no answer.
    statuses: BTreeMap<u16, usize>,
    longest: Duration,
}

impl Experience {
    /// That of all clients together.
    async fn of(clients: JoinSet<Self>) -> Self {
        let mut all = Self::default();
        for one in clients.join_all().await {
            all.acknowledged.extend(one.acknowledged);
            all.longest = all.longest.max(one.longest);
            for (status, count) in one.statuses {
                *all.statuses.entry(status).or_default() += count;
            }
        }
        assert!(all.longest < LONGEST_ANSWER, "{:?}", all.longest);
        all
    }

    /// Insists that there were tickets and this kind of failure, and no other.
    fn consists_of_tickets_and(&self, failure: u16) {
        let kinds: Vec<_> = self.statuses.keys().copied().collect();
        let mut expected = [failure, 201];
        expected.sort_unstable();
        assert_eq!(kinds, expected, "{:?}", self.statuses);
        assert!(self.statuses.values().all(|&count| count > CLIENTS), "{:?}", self.statuses);
    }
}

/// Creates tickets one after the other until `end`.
async fn work(client: Client, end: Instant) -> Experience {
    let mut experience = Experience::default();
    let json = [("content-type", "application/json")];
    let ticket = json!({ "title": "chaos", "description": "made while things break", "priority": "LOW" });
    while Instant::now() < end {
        let asked_at = Instant::now();
        let body = ticket.to_string().into();
        let reply = client.try_send(Method::POST, "/api/v1/tickets", &json, body).await;
        experience.longest = experience.longest.max(asked_at.elapsed());
        let status = reply.as_ref().map_or(0, |reply| reply.status);
        *experience.statuses.entry(status).or_default() += 1;
        match reply {
            Ok(reply) if reply.status == 201 => _ = experience.acknowledged.insert(reply.text("/id")),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    experience
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_database_and_valkey_go_away() {
    let mut scene = Scene::set().await;
    let clients = scene.load(OUTAGE + Duration::from_secs(4));
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.server.stop().await;
    scene.valkey.kill().await;
    let error = scene.agent.get("/health").await.expect_error(503, "dependency_unavailable");
    assert_eq!(
        (&error["details"][0]["field"], &error["details"][1]["field"]),
        (&json!("database"), &json!("valkey"))
    );
    tokio::time::sleep(OUTAGE).await;
    scene.server.resume().await;
    scene.valkey.resume().await;
    scene.recovers().await;
    let experience = Experience::of(clients).await;
    experience.consists_of_tickets_and(503);
    scene.nothing_is_lost(&experience).await;
}

/// Worse than a server that is away is one that is there and says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_falls_silent_keeps_nobody_waiting() {
    let scene = Scene::set().await;
    let clients = scene.load(OUTAGE + Duration::from_secs(6));
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.server.freeze().await;
    tokio::time::sleep(OUTAGE).await;
    scene.server.thaw().await;
    scene.recovers().await;
    let experience = Experience::of(clients).await;
    experience.consists_of_tickets_and(503);
    scene.nothing_is_lost(&experience).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_valkey_requests_go_on() {
    let mut scene = Scene::set().await;
    let clients = scene.load(Duration::from_secs(4));
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.valkey.kill().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.valkey.resume().await;
    scene.recovers().await;
    let experience = Experience::of(clients).await;
    assert!(experience.statuses.keys().eq(&[201]), "{:?}", experience.statuses);
    scene.nothing_is_lost(&experience).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latency_and_resets_lose_nothing() {
    let scene = Scene::set().await;
    scene
        .set_faults(json!({ "latency": [{ "delay": { "fixedMs": 200 } }], "resets": [{ "rate": 0.3 }] }))
        .await;
    let experience = Experience::of(scene.load(OUTAGE)).await;
    assert!(experience.longest >= Duration::from_millis(200));
    experience.consists_of_tickets_and(0);
    scene.set_faults(json!({})).await;
    let calm = Experience::of(scene.load(Duration::from_secs(1))).await;
    assert!(calm.statuses.keys().eq(&[201]), "{:?}", calm.statuses);
    scene.nothing_is_lost(&experience).await;
}
