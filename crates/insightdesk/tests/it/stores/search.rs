//! Full-text search: ranked, and deaf to injections.

use serde_json::{Value, json};

use super::desk;
use crate::support::{Client, Desk};

fn titles(reply: &Value) -> Vec<&str> {
    reply["data"]
        .as_array()
        .expect("data")
        .iter()
        .map(|hit| hit["title"].as_str().expect("a title"))
        .collect()
}

/// Percent-encodes everything.
fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn matches_in_titles_come_first_and_all_words_count() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let create = async |title: &str, description: &str| {
        let body = json!({ "title": title, "description": description, "priority": "LOW" });
        agent.post("/api/v1/tickets", body).await.expect(201);
    };
    create("Something else entirely", "the okapi escaped").await;
    create("Okapi escaped", "as the title says").await;
    create("Okapi asleep", "nothing to report").await;
    let search = async |q: &str| agent.get(&format!("/api/v1/tickets/search?q={q}")).await.expect(200).json();
    let found = search("OKAPI+escape").await;
    assert_eq!(
        titles(&found),
        ["Okapi escaped", "Something else entirely"],
        "stemmed, both words, title first"
    );
    assert_eq!(titles(&search("okapi").await).len(), 3);
    assert_eq!(titles(&search("okapi+unicorn").await).len(), 0);
}

/// What a long load test leaves behind: many tickets with the same word, most of them another tenant's.
async fn flood(desk: &Desk) {
    let in_sqlite = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
                     INSERT INTO tickets (id, title, description, organization_id, created_at, updated_at) \
                     SELECT 'flood_' || i, iif(i % 10 = 0, 'capybara ', 'something ') || i, \
                            'capybara flood', iif(i % 100 = 0, 'org_123', 'org_loadtest'), 0, 0 FROM n";
    let in_postgres = "INSERT INTO tickets (id, title, description, organization_id, created_at) \
                       SELECT 'flood_' || i, \
                              CASE WHEN i % 10 = 0 THEN 'capybara ' ELSE 'something ' END || i, \
                              'capybara flood', \
                              CASE WHEN i % 100 = 0 THEN 'org_123' ELSE 'org_loadtest' END, \
                              to_timestamp(0) \
                       FROM generate_series(1, 3000) AS i";
    desk.execute(in_sqlite, in_postgres).await;
}

#[tokio::test]
async fn a_broad_search_gets_the_newest_titles_first_and_only_the_tenants_own() {
    let desk = desk().await;
    flood(&desk).await;
    let search = async |client: &Client, limit: usize| {
        let path = format!("/api/v1/tickets/search?q=Capybaras&limit={limit}");
        let found = client.get(&path).await.expect(200).json();
        titles(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let agent = desk.agent().await;
    let ours = search(&agent, 100).await;
    assert_eq!(ours.len(), 30);
    assert_eq!(ours[..2], ["capybara 3000", "capybara 2900"]);
    let theirs = search(&desk.stranger().await, 100).await;
    assert_eq!(theirs[..2], ["capybara 2990", "capybara 2980"]);
    assert!(theirs.iter().all(|title| title.starts_with("capybara")), "titles before descriptions");

    // Fewer titles than asked for: descriptions fill the rest.
    for title in ["q", "r"] {
        let body = json!({ "title": title, "description": "flood", "priority": "LOW" });
        agent.post("/api/v1/tickets", body).await.expect(201);
    }
    let found = agent.get("/api/v1/tickets/search?q=flood&limit=3").await.expect(200).json();
    assert_eq!(titles(&found), ["r", "q", "capybara 3000"]);
}

#[tokio::test]
async fn search_follows_changes() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let id = agent.create_ticket("narwhal").await;
    let count = async |word: &str| {
        titles(&agent.get(&format!("/api/v1/tickets/search?q={word}")).await.expect(200).json()).len()
    };
    agent.patch(&format!("/api/v1/tickets/{id}"), json!({ "title": "axolotl" })).await.expect(200);
    assert_eq!((count("narwhal").await, count("axolotl").await), (0, 1));
}

#[tokio::test]
async fn the_suites_searches_find_something() {
    let desk = desk().await;
    let agent = desk.agent().await;
    for word in ["urgent", "billing", "support", "technical", "test"] {
        let found = agent.get(&format!("/api/v1/tickets/search?q={word}&limit=5")).await.expect(200).json();
        assert_eq!(titles(&found).len(), 5, "{word}");
    }
}

#[tokio::test]
async fn nothing_in_a_search_is_syntax() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let inputs = [
        "'; DROP TABLE tickets; --",
        "\" OR \"\"=\"",
        "a\" OR b",
        "NEAR(a b, 2)",
        "title:urgent",
        "urgent*",
        "-urgent",
        "AND",
        "NOT NOT",
        "(",
        ")",
        "^x",
        "{a b}:c",
        "\\",
        "%",
        "_",
        "*",
        "\"",
        "''",
        "a\u{0}b",
        "💥",
        "日本語",
        "ß",
        "İ",
        "a AND",
        "+",
        "1e999",
        "\u{202e}abc",
        "\u{301}",
        "²",
        "Ⅷ",
        "😀urgent",
        "x'41'",
        "?1",
        ":query",
        "$limit",
    ];
    for input in inputs {
        let reply = agent.get(&format!("/api/v1/tickets/search?q={}", encode(input))).await;
        assert!(matches!(reply.status, 200 | 400), "{input:?}: {} {:?}", reply.status, reply.body);
        let reply = desk.anybody().get(&format!("/api/v1/kb/articles?q={}", encode(input))).await;
        assert!(matches!(reply.status, 200 | 400), "{input:?}: {} {:?}", reply.status, reply.body);
    }
    // Bytes that are not UTF-8, and broken escapes.
    for query in ["q=%FF%FE", "q=%", "q=%G1", "q=a&q=%C3%28"] {
        agent.get(&format!("/api/v1/tickets/search?{query}")).await.expect(200);
    }
    assert_eq!(agent.get("/api/v1/tickets").await.json()["pagination"]["total"], 600);
}

#[tokio::test]
async fn a_search_needs_words_of_decent_length() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let long = format!("q={}", "x".repeat(201));
    for query in ["", "q=", &long, "q=x&limit=0"] {
        agent.get(&format!("/api/v1/tickets/search?{query}")).await.expect_error(400, "validation_failed");
    }
}
