//! Many at once on one database: nothing is lost, nobody waits for ever.

use insightdesk::Config;
use serde_json::json;
use tokio::task::JoinSet;

use super::{desk, desk_with};
use crate::support::{Client, create_many};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_created_at_once_is_all_there() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let created = create_many(&agent, 16, 10).await;
    assert_eq!(created.len(), 160);
    for id in &created {
        agent.get(&format!("/api/v1/tickets/{id}")).await.expect(200);
    }
    let count = "SELECT count(*) FROM tickets WHERE title LIKE 'worker %'";
    assert_eq!(desk.number(count, count).await, 160);
    assert_eq!(agent.get("/api/v1/tickets").await.json()["pagination"]["total"], 760);
}

/// Of changes to one ticket none gets lost, and each sees the result of the one before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_closed_once_and_never_reopened() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let path = format!("/api/v1/tickets/{}", agent.create_ticket("contended").await);
    let mut rivals = JoinSet::new();
    for n in 0..24 {
        let (agent, path) = (agent.clone(), path.clone());
        let status = if n % 2 == 0 { "CLOSED" } else { "IN_PROGRESS" };
        rivals.spawn(async move { agent.patch(&path, json!({ "status": status })).await.status });
    }
    let statuses = rivals.join_all().await;
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    assert_eq!(agent.get(&path).await.json()["status"], "CLOSED");
}

#[tokio::test]
async fn a_full_database_pool_says_so() {
    let desk = desk_with(|config| (config.readers, config.pool, config.query_queue) = (1, 1, 1)).await;
    let mut requests = JoinSet::new();
    for _ in 0..300 {
        let client = desk.anybody();
        requests.spawn(async move { client.get("/api/v1/kb/articles?limit=100").await });
    }
    let replies = requests.join_all().await;
    let refused: Vec<_> = replies.into_iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        assert_eq!(reply.header("retry-after"), "1");
        reply.expect_error(503, "overloaded");
    }
    desk.anybody().get("/health").await.expect(200);
}

#[tokio::test]
async fn two_desks_share_a_database() {
    let desk = desk().await;
    let database = desk.database.clone();
    let second = insightdesk::spawn(Config { database, ..Config::default() }).await.expect("a second desk");
    let first_agent = desk.agent().await;
    let mut second_agent = Client::new(second.addr());
    second_agent.token = Some(second_agent.log_in("agent@test.com", "password").await.text("/accessToken"));
    let (a, b) = tokio::join!(create_many(&first_agent, 4, 10), create_many(&second_agent, 4, 10));
    assert_eq!((a.len(), b.len()), (40, 40));
    for id in b {
        first_agent.get(&format!("/api/v1/tickets/{id}")).await.expect(200);
    }
}
