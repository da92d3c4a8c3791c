//! Tickets and comments: life, rules, lists, tenants, roles.

use serde_json::{Value, json};

use super::desk;
use crate::support::{Client, fields};

async fn ids(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/v1/tickets?{query}")).await.expect(200).json();
    let data = list["data"].as_array().expect("data").clone();
    data.iter().map(|ticket| ticket["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_ticket_is_created_read_changed_commented_and_listed() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let body = json!({ "title": " Broken ", "description": "It is broken.", "priority": "HIGH" });
    let created = agent.post("/api/v1/tickets", body).await.expect(201);
    let id = created.text("/id");
    assert_eq!(created.header("location"), format!("/api/v1/tickets/{id}"));
    let ticket = created.json();
    assert_eq!((&ticket["title"], &ticket["status"]), (&json!("Broken"), &json!("OPEN")));
    assert_eq!((&ticket["organizationId"], &ticket["assigneeId"]), (&json!("org_123"), &Value::Null));

    let path = format!("/api/v1/tickets/{id}");
    assert_eq!(agent.get(&path).await.expect(200).json(), ticket);
    let change = json!({ "status": "IN_PROGRESS", "assigneeId": "user_admin_test_com" });
    let changed = agent.patch(&path, change).await.expect(200).json();
    assert_eq!(changed["assigneeId"], "user_admin_test_com");
    assert_eq!(agent.get(&path).await.expect(200).json(), changed);

    let comments = format!("{path}/comments");
    let comment = agent.post(&comments, json!({ "content": "Looking." })).await.expect(201);
    assert_eq!(comment.text("/authorId"), "user_agent_test_com");
    let listed = agent.get(&comments).await.expect(200).json();
    assert_eq!(listed["data"], json!([comment.json()]));
    assert_eq!(listed["pagination"]["total"], 1);

    assert_eq!(ids(&agent, "limit=1").await, [id.as_str()], "newest first");
    assert_eq!(ids(&agent, "assignee=user_admin_test_com").await, [id]);
}

#[tokio::test]
async fn every_fault_of_a_new_ticket_is_named() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let cases = [
        (json!({}), vec!["title", "description", "priority"]),
        (json!({ "title": "", "description": "d", "priority": "SOON" }), vec!["title", "priority"]),
        (json!({ "title": "t".repeat(201), "description": "d", "priority": "LOW" }), vec!["title"]),
        (
            json!({ "title": 1, "description": null, "priority": ["LOW"] }),
            vec!["title", "description", "priority"],
        ),
        (json!({ "title": "nul \u{0}", "description": "d", "priority": "LOW" }), vec!["title"]),
    ];
    for (body, expected) in cases {
        let error = agent.post("/api/v1/tickets", body.clone()).await.expect_error(400, "validation_failed");
        assert_eq!(fields(&error), expected, "{body}");
    }
}

#[tokio::test]
async fn bad_changes_are_refused_and_change_nothing() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let path = format!("/api/v1/tickets/{}", agent.create_ticket("steady").await);
    let before = agent.get(&path).await.json();
    let cases = [
        (json!({}), "body"),
        (json!({ "stauts": "OPEN" }), "body"),
        (json!({ "status": "DONE" }), "status"),
        (json!({ "title": null }), "title"),
        (json!({ "priority": "LOW", "description": "" }), "description"),
        (json!({ "assigneeId": "user_nobody" }), "assigneeId"),
        (json!({ "assigneeId": "user_loadtest_example_com" }), "assigneeId"),
    ];
    for (body, field) in cases {
        let error = agent.patch(&path, body.clone()).await.expect_error(400, "validation_failed");
        assert_eq!(fields(&error), [field], "{body}");
    }
    assert_eq!(agent.get(&path).await.json(), before);
}

#[tokio::test]
async fn forbidden_transitions_are_conflicts() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let path = format!("/api/v1/tickets/{}", agent.create_ticket("a life").await);
    let become_ = async |status: &str| agent.patch(&path, json!({ "status": status })).await;
    become_("RESOLVED").await.expect(200);
    let error = become_("PENDING").await.expect_error(409, "forbidden_transition");
    assert_eq!(error["message"], "a ticket cannot go from RESOLVED to PENDING");
    let reopened = become_("OPEN").await.expect(200).json();
    assert_eq!(reopened["resolvedAt"], Value::Null);
    let closed = become_("CLOSED").await.expect(200);
    closed.text("/resolvedAt");
    become_("CLOSED").await.expect(200);
    become_("OPEN").await.expect_error(409, "forbidden_transition");
}

#[tokio::test]
async fn assignees_can_be_taken_away() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let path = format!("/api/v1/tickets/{}", agent.create_ticket("whose?").await);
    agent.patch(&path, json!({ "assigneeId": "user_agent_test_com" })).await.expect(200);
    let changed = agent.patch(&path, json!({ "assigneeId": null })).await.expect(200).json();
    assert_eq!(changed["assigneeId"], Value::Null);
}

#[tokio::test]
async fn another_tenants_ticket_does_not_exist() {
    let desk = desk().await;
    let (agent, stranger) = (desk.agent().await, desk.stranger().await);
    let id = agent.create_ticket("ours alone zebra").await;
    let path = format!("/api/v1/tickets/{id}");
    let comments = format!("{path}/comments");
    stranger.get(&path).await.expect_error(404, "not_found");
    stranger.patch(&path, json!({ "title": "mine" })).await.expect_error(404, "not_found");
    stranger.get(&comments).await.expect_error(404, "not_found");
    stranger.post(&comments, json!({ "content": "hello" })).await.expect_error(404, "not_found");
    let strange_admin = desk.client("admin@example.com", "loadtest123").await;
    strange_admin.delete(&path).await.expect_error(404, "not_found");
    assert!(!ids(&stranger, "limit=100").await.contains(&id));
    let found = stranger.get("/api/v1/tickets/search?q=zebra").await.expect(200).json();
    assert_eq!(found, json!({ "data": [] }));
    agent.get(&path).await.expect(200);
}

#[tokio::test]
async fn only_administrators_delete() {
    let desk = desk().await;
    let (agent, admin) = (desk.agent().await, desk.admin().await);
    let path = format!("/api/v1/tickets/{}", agent.create_ticket("quagga for a day").await);
    agent.post(&format!("{path}/comments"), json!({ "content": "gone soon" })).await.expect(201);
    agent.delete(&path).await.expect_error(403, "forbidden");
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.expect_error(404, "not_found");
    agent.get(&path).await.expect_error(404, "not_found");
    let found = agent.get("/api/v1/tickets/search?q=quagga").await.expect(200).json();
    assert_eq!(found, json!({ "data": [] }));
}

#[tokio::test]
async fn pages_partition_the_list() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let mut seen = std::collections::HashSet::new();
    for page in 1..=6 {
        let ids = ids(&agent, &format!("page={page}&limit=100")).await;
        assert_eq!(ids.len(), 100);
        seen.extend(ids);
    }
    assert_eq!(seen.len(), 600);
    let beyond = agent.get("/api/v1/tickets?page=7&limit=100").await.expect(200).json();
    let pagination = json!({ "page": 7, "limit": 100, "total": 600, "totalPages": 6 });
    assert_eq!(beyond, json!({ "data": [], "pagination": pagination }));
}

#[tokio::test]
async fn filters_and_totals_agree_with_the_whole_list() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let mut all = Vec::new();
    for page in 1..=6 {
        let list = agent.get(&format!("/api/v1/tickets?limit=100&page={page}")).await.json();
        all.extend(list["data"].as_array().expect("data").clone());
    }
    let count = |key: &str, value: &str| all.iter().filter(|ticket| ticket[key] == value).count();
    let cases = [
        ("status=OPEN", count("status", "OPEN")),
        ("priority=URGENT", count("priority", "URGENT")),
        ("assignee=user_agent_test_com", count("assigneeId", "user_agent_test_com")),
        ("assignee=nobody", 0),
        (
            "status=CLOSED&priority=LOW",
            all.iter().filter(|t| t["status"] == "CLOSED" && t["priority"] == "LOW").count(),
        ),
    ];
    for (query, expected) in cases {
        let list = agent.get(&format!("/api/v1/tickets?{query}")).await.expect(200).json();
        assert_eq!(list["pagination"]["total"], expected, "{query}");
        assert_eq!(list["data"].as_array().expect("data").len(), expected.min(20), "{query}");
    }
}

#[tokio::test]
async fn lists_are_sorted_as_asked() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let rank = |priority: &str| {
        let words = ["LOW", "MEDIUM", "HIGH", "URGENT"];
        words.iter().position(|word| *word == priority).expect("a priority").to_string()
    };
    for key in ["createdAt", "updatedAt", "priority"] {
        for sign in ["", "-"] {
            let query = format!("/api/v1/tickets?limit=100&sort={sign}{key}");
            let list = agent.get(&query).await.expect(200).json();
            let values = list["data"].as_array().expect("data").iter().map(|ticket| {
                let value = ticket[key].as_str().expect("text");
                if key == "priority" { rank(value) } else { value.to_owned() }
            });
            let mut values: Vec<_> = values.collect();
            if sign == "-" {
                values.reverse();
            }
            assert!(values.is_sorted(), "{sign}{key}: {values:?}");
        }
    }
}

#[tokio::test]
async fn bad_queries_are_named() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let cases = [
        ("limit=0", vec!["limit"]),
        ("limit=101", vec!["limit"]),
        ("limit=ten&page=0", vec!["page", "limit"]),
        ("page=-1", vec!["page"]),
        ("page=99999999999999999999", vec!["page"]),
        ("status=open", vec!["status"]),
        ("priority=&sort=title", vec!["priority", "sort"]),
        ("assignee=%00", vec!["assignee"]),
    ];
    for (query, expected) in cases {
        let reply = agent.get(&format!("/api/v1/tickets?{query}")).await;
        assert_eq!(fields(&reply.expect_error(400, "validation_failed")), expected, "{query}");
    }
}

#[tokio::test]
async fn comments_have_pages_and_rules() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let path = format!("/api/v1/tickets/{}/comments", agent.create_ticket("talk").await);
    for n in 0..5 {
        agent.post(&path, json!({ "content": format!("remark {n}") })).await.expect(201);
    }
    let page = agent.get(&format!("{path}?limit=2&page=2")).await.expect(200).json();
    let remarks: Vec<_> = page["data"].as_array().expect("data").iter().map(|c| &c["content"]).collect();
    assert_eq!(remarks, ["remark 2", "remark 3"], "oldest first");
    assert_eq!(page["pagination"], json!({ "page": 2, "limit": 2, "total": 5, "totalPages": 3 }));
    let error = agent.post(&path, json!({ "content": "   " })).await.expect_error(400, "validation_failed");
    assert_eq!(fields(&error), ["content"]);
    agent.get("/api/v1/tickets/none/comments").await.expect_error(404, "not_found");
}

#[tokio::test]
async fn the_dashboard_counts_what_the_list_shows_and_is_briefly_remembered() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let first = agent.get("/api/v1/analytics/dashboard").await.expect(200).json();
    assert_eq!(first["total"], 600);
    for status in ["OPEN", "IN_PROGRESS", "PENDING", "RESOLVED", "CLOSED"] {
        let list = agent.get(&format!("/api/v1/tickets?status={status}")).await.json();
        assert_eq!(first["byStatus"][status], list["pagination"]["total"], "{status}");
    }
    assert_eq!(first["perDay"].as_array().expect("days").len(), 14);
    assert!(first["averageAgeSeconds"].as_i64().expect("an age") > 0);
    agent.create_ticket("not counted yet").await;
    assert_eq!(agent.get("/api/v1/analytics/dashboard").await.json(), first);
    let other = desk.stranger().await.get("/api/v1/analytics/dashboard").await.json();
    assert_eq!(other["total"], 400, "each tenant has its own");
}

/// Scripts write into the table directly; what the desk could not read must not get there.
#[tokio::test]
async fn rows_with_words_that_the_desk_does_not_know_are_refused() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let rows = [("open", "LOW"), ("WAITING", "LOW"), ("", "LOW"), ("OPEN", "SOON"), ("OPEN", "low")];
    for (status, priority) in rows {
        let insert = format!(
            "INSERT INTO tickets (id, title, status, priority, organization_id, created_at, updated_at) \
             SELECT 'foreign', 'foreign', '{status}', '{priority}', 'org_123', created_at, updated_at \
             FROM tickets LIMIT 1"
        );
        let refused = desk.try_execute(&insert, &insert).await;
        assert!(refused.is_err(), "{status:?} {priority:?}");
        let update = format!("UPDATE tickets SET status = '{status}', priority = '{priority}'");
        let refused = desk.try_execute(&update, &update).await;
        assert!(refused.is_err(), "{status:?} {priority:?}");
    }
    agent.get("/api/v1/tickets?limit=100").await.expect(200);
    agent.get("/api/v1/analytics/dashboard").await.expect(200);
    let plain = "INSERT INTO tickets (id, title, status, organization_id, created_at, updated_at) \
                 SELECT 'plain', 'plain', 'CLOSED', 'org_123', created_at, updated_at FROM tickets LIMIT 1";
    desk.execute(plain, plain).await;
    assert_eq!(agent.get("/api/v1/tickets/plain").await.expect(200).json()["priority"], "MEDIUM");
}
