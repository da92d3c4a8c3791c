//! What is particular about the embedded database.

use std::collections::HashSet;

use insightdesk::Config;
use insightdesk::storage::sqlite::Location;
use serde_json::json;

use crate::support::{Client, Desk, create_many, desk, desk_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_creation_loses_nothing() {
    let desk = desk_with(|config| config.seed = false).await;
    let agent = desk.agent().await;
    let created = create_many(&agent, 16, 25).await;
    assert_eq!(created.len(), 400);
    let Desk { running, folder, .. } = desk;
    running.shutdown().await;
    assert!(!folder.path().join("desk.db-wal").exists(), "the log is folded into the file at the end");

    let file = rusqlite::Connection::open(folder.path().join("desk.db")).expect("the file opens");
    let mut statement = file.prepare("SELECT id FROM tickets WHERE title LIKE 'worker %'").expect("a query");
    let stored: HashSet<String> =
        statement.query_map([], |row| row.get(0)).expect("rows").map(|id| id.expect("an id")).collect();
    assert_eq!(stored, created);
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict");
    assert_eq!(check, "ok");
    file.execute("INSERT INTO tickets_text (tickets_text) VALUES ('integrity-check')", [])
        .expect("a whole index");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_one_database_for_everybody() {
    let config = Config { database: Location::Memory.into(), ..Config::default() };
    let running = insightdesk::spawn(config).await.expect("a desk");
    let mut agent = Client::new(running.addr());
    agent.token = Some(agent.log_in("agent@test.com", "password").await.text("/accessToken"));
    let created = create_many(&agent, 8, 10).await;
    for id in &created {
        agent.get(&format!("/api/v1/tickets/{id}")).await.expect(200);
    }
    assert_eq!(agent.get("/api/v1/tickets").await.json()["pagination"]["total"], 680);
    running.shutdown().await;
}

/// Counts kept by triggers must equal counts made from scratch, whatever happened before.
#[tokio::test]
async fn kept_counts_agree_with_a_recount() {
    let desk = desk().await;
    let (agent, admin) = (desk.agent().await, desk.admin().await);
    let statuses = ["IN_PROGRESS", "PENDING", "RESOLVED", "OPEN", "CLOSED"];
    for n in 0..30 {
        let path = format!("/api/v1/tickets/{}", agent.create_ticket("counted").await);
        for status in statuses.iter().cycle().skip(n % 5).take(n % 4) {
            let _ = agent.patch(&path, json!({ "status": status, "priority": "HIGH" })).await;
        }
        if n % 3 == 0 {
            admin.delete(&path).await.expect(204);
        }
    }
    let Desk { running, folder, .. } = desk;
    running.shutdown().await;
    let file = rusqlite::Connection::open(folder.path().join("desk.db")).expect("the file opens");
    let differences = |kept: &str, counted: &str| {
        let sql = format!(
            "SELECT count(*) FROM ( \
               SELECT * FROM ({kept} EXCEPT {counted}) UNION ALL SELECT * FROM ({counted} EXCEPT {kept}))"
        );
        file.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a comparison")
    };
    let groups = differences(
        "SELECT * FROM ticket_counts WHERE tickets <> 0",
        "SELECT organization_id, status, priority, count(*), sum(created_at) FROM tickets GROUP BY 1, 2, 3",
    );
    let days = differences(
        "SELECT * FROM ticket_days WHERE created <> 0 OR resolved <> 0",
        "SELECT organization_id, day, sum(created), sum(resolved) FROM ( \
           SELECT organization_id, created_at / 86400000 AS day, 1 AS created, 0 AS resolved FROM tickets \
           UNION ALL \
           SELECT organization_id, resolved_at / 86400000, 0, 1 FROM tickets WHERE resolved_at IS NOT NULL \
         ) GROUP BY 1, 2",
    );
    assert_eq!((groups, days), (0, 0));
}

#[tokio::test]
async fn a_newer_database_is_not_touched() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("newer.db");
    let file = rusqlite::Connection::open(&path).expect("a file");
    file.pragma_update(None, "user_version", 99).expect("a version");
    drop(file);
    let database = Location::File(path).into();
    let error = insightdesk::spawn(Config { database, ..Config::default() }).await.expect_err("refused");
    assert!(error.to_string().contains("has schema version 99; this program knows up to 2"), "{error}");
}

/// Version 1 took any word for a status, with which lists failed ever after.
#[tokio::test]
async fn a_database_with_unknown_words_is_mended() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("old.db");
    let file = rusqlite::Connection::open(&path).expect("a file");
    file.execute_batch(include_str!("../../src/storage/sqlite/schema.sql")).expect("the schema");
    let rows = "INSERT INTO organizations VALUES ('org_123', 'ours'); \
                INSERT INTO tickets (id, title, status, priority, organization_id, created_at, updated_at) \
                VALUES ('t1', 'old', 'waiting', 'soon', 'org_123', 0, 0)";
    file.execute_batch(rows).expect("a ticket");
    file.pragma_update(None, "user_version", 1).expect("a version");
    let database = Location::File(path).into();
    let desk = insightdesk::spawn(Config { database, ..Config::default() }).await.expect("a desk");
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number");
    let known = "SELECT count(*) FROM tickets WHERE status = 'OPEN' AND priority = 'MEDIUM'";
    assert_eq!(number(known), 1);
    assert_eq!(number("SELECT sum(tickets) FROM ticket_counts WHERE status = 'OPEN'"), 1);
    desk.shutdown().await;
}
