//! Full-text search: ranked, and deaf to injections.

use serde_json::{Value, json};

use crate::support::desk;

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
