//! What is particular about PostgreSQL.

use std::time::Duration;

use insightdesk::clock::Timestamp;
use insightdesk::storage::postgres::{Limits, Postgres};
use insightdesk::storage::{Location, Storage as _};
use insightdesk::{Config, StartError, spawn};
use serde_json::json;

use crate::support::postgres::{self, Server};
use crate::support::{Client, Store};

/// Counts kept by triggers must equal counts made from scratch, whatever happened before.
#[tokio::test]
async fn kept_counts_agree_with_a_recount() {
    let desk = Store::Postgres.desk_with(|_| {}).await;
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
    // What scripts do to the table directly is counted too, with the defaults for what they leave out.
    let by_hand = "INSERT INTO tickets (id, title, status, organization_id, created_at) \
                   SELECT 'by_hand_' || i, 'by hand', 'OPEN', 'org_loadtest', \
                          now() - random() * interval '30 days' \
                   FROM generate_series(1, 500) AS i ON CONFLICT DO NOTHING; \
                   DELETE FROM tickets WHERE id LIKE 'by_hand_%7'";
    desk.execute("", by_hand).await;
    let differences = async |kept: &str, counted: &str| {
        let sql = format!(
            "SELECT count(*) FROM (({kept} EXCEPT {counted}) UNION ALL ({counted} EXCEPT {kept})) AS found"
        );
        desk.number("", &sql).await
    };
    let groups = differences(
        "SELECT organization_id, status, priority, sum(tickets), sum(created_ms_sum) FROM ticket_counts \
         GROUP BY 1, 2, 3 HAVING sum(tickets) <> 0",
        "SELECT organization_id, status, priority, count(*), \
                sum((extract(epoch FROM created_at) * 1000)::bigint) FROM tickets GROUP BY 1, 2, 3",
    );
    let days = differences(
        "SELECT organization_id, day, sum(created), sum(resolved) FROM ticket_days GROUP BY 1, 2 \
         HAVING sum(created) <> 0 OR sum(resolved) <> 0",
        "SELECT organization_id, day, sum(created)::numeric, sum(resolved)::numeric FROM ( \
           SELECT organization_id, epoch_day(created_at) AS day, 1 AS created, 0 AS resolved FROM tickets \
           UNION ALL \
           SELECT organization_id, epoch_day(resolved_at), 0, 1 FROM tickets WHERE resolved_at IS NOT NULL \
         ) AS counted GROUP BY 1, 2",
    );
    assert_eq!((groups.await, days.await), (0, 0));
}

#[tokio::test]
async fn a_newer_database_is_not_touched() {
    let address = postgres::empty().await;
    let newer =
        "CREATE TABLE insightdesk_schema (version bigint); INSERT INTO insightdesk_schema VALUES (99)";
    postgres::execute(&address, newer).await;
    let database = address.clone().into();
    let error = spawn(Config { database, ..Config::default() }).await.expect_err("refused");
    assert!(error.to_string().contains("has schema version 99; this program knows up to 3"), "{error}");
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(postgres::number(&address, tables).await, 1);
}

/// Version 1 took any word for a status, with which lists failed ever after.
#[tokio::test]
async fn a_database_with_unknown_words_is_mended() {
    let address = postgres::empty().await;
    let old = "CREATE TABLE insightdesk_schema (version bigint); INSERT INTO insightdesk_schema VALUES (1);";
    let schema = include_str!("../../src/storage/postgres/schema.sql");
    let rows = "INSERT INTO organizations VALUES ('org_123', 'ours'); \
                INSERT INTO tickets (id, title, status, priority, organization_id, created_at) \
                VALUES ('t1', 'old', 'waiting', 'soon', 'org_123', now())";
    postgres::execute(&address, &[old, schema, rows].concat()).await;
    let desk = spawn(Config { database: address.clone().into(), ..Config::default() }).await.expect("a desk");
    let known = "SELECT count(*) FROM tickets WHERE status = 'OPEN' AND priority = 'MEDIUM'";
    assert_eq!(postgres::number(&address, known).await, 1);
    let counted = "SELECT sum(tickets)::bigint FROM ticket_counts WHERE status = 'OPEN'";
    assert_eq!(postgres::number(&address, counted).await, 1);
    desk.shutdown().await;
}

/// Forgetting sessions is no request: it may take longer than one.
#[tokio::test]
async fn pruning_may_take_its_time() {
    let desk = Store::Postgres.desk_with(|_| {}).await;
    desk.agent().await;
    let Location::Postgres(address) = desk.database.clone() else { unreachable!("asked for PostgreSQL") };
    let limits = Limits { connections: 1, queue: 1, query: Duration::from_millis(200) };
    let storage = Postgres::open(&address, limits).await.expect("a store");
    let (locked, waiting) = tokio::sync::oneshot::channel();
    let locking = tokio::spawn(async move {
        let hold = "BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE";
        let client = postgres::connect(&address).await.expect("connected");
        client.batch_execute(hold).await.expect("locked");
        locked.send(()).expect("somebody waits");
        client.batch_execute("SELECT pg_sleep(1); COMMIT").await.expect("let go");
    });
    waiting.await.expect("locked");
    let forgotten = storage.forget_expired_sessions(Timestamp(i64::MAX / 2000)).await;
    assert_eq!(forgotten.expect("not given up"), 1);
    locking.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn desks_that_start_at_once_migrate_and_seed_once() {
    let address = postgres::empty().await;
    let start = || spawn(Config { database: address.clone().into(), ..Config::default() });
    let (a, b, c) = tokio::join!(start(), start(), start());
    for desk in [a, b, c] {
        let desk = desk.expect("a desk");
        let client = Client::new(desk.addr());
        client.log_in("agent@test.com", "password").await.expect(200);
        desk.shutdown().await;
    }
    assert_eq!(postgres::number(&address, "SELECT count(*) FROM tickets").await, 1000);
}

#[tokio::test]
async fn a_desk_does_not_start_without_its_database() {
    let mut server = Server::start().await;
    let database: Location = server.database("desk").await.into();
    server.stop().await;
    let error = spawn(Config { database, ..Config::default() }).await.expect_err("refused");
    assert!(matches!(error, StartError::Open(_)), "{error}");
    assert!(
        error.to_string().starts_with("cannot open the database postgresql://postgres@127.0.0.1:"),
        "{error}"
    );
}
