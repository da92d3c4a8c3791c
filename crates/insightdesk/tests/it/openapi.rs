//! The description of the interface, held against the interface.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::support::{desk, desk_with};

/// Every string under a `$ref` key.
fn refs(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(target) if key == "$ref" => found.push(target.clone()),
                    _ => refs(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let desk = desk().await;
    let document = desk.anybody().get("/api/v1/openapi.json").await.expect(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut targets = Vec::new();
    refs(&document, &mut targets);
    assert!(targets.len() > 20);
    for target in targets {
        let pointer = target.strip_prefix('#').expect("a reference into the document");
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 16);
    let operations = paths.values().flat_map(|item| item.as_object().expect("operations").values());
    let ids: Vec<_> = operations.map(|operation| operation["operationId"].as_str().expect("an id")).collect();
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (20, 20));
    let title = &document["components"]["schemas"]["NewTicket"]["properties"]["title"];
    assert_eq!((&title["minLength"], &title["maxLength"]), (&1.into(), &200.into()));
}

/// What the document allows is not refused: neither null, nor nothing at all, nor an empty text.
#[tokio::test]
async fn the_document_allows_no_more_than_the_desk() {
    let desk = desk().await;
    let agent = desk.agent().await;
    let document = agent.get("/api/v1/openapi.json").await.expect(200).json();
    let changes = &document["components"]["schemas"]["TicketChanges"];
    assert_eq!((&changes["minProperties"], &changes["required"]), (&json!(1), &Value::Null));
    agent.patch("/api/v1/tickets/ticket_1", json!({})).await.expect_error(400, "validation_failed");
    for (name, property) in changes["properties"].as_object().expect("properties") {
        let may_be_null = property.to_string().contains("null");
        assert_eq!(may_be_null, name == "assigneeId", "{name}: {property}");
        let status = agent.patch("/api/v1/tickets/ticket_1", json!({ name: null })).await.status;
        assert_eq!(status == 200, may_be_null, "{name}: {status}");
    }
    assert_eq!(changes["properties"]["status"]["$ref"], "#/components/schemas/Status");
    assert_eq!(changes["properties"]["title"]["type"], "string");
    let assignee = &changes["properties"]["assigneeId"];
    assert_eq!((&assignee["minLength"], &assignee["maxLength"]), (&json!(1), &json!(64)));

    for (path, name) in [("/api/v1/tickets", "assignee"), ("/api/v1/kb/articles", "category")] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        let parameter = parameters.iter().find(|parameter| parameter["name"] == name).expect("described");
        assert_eq!(parameter["schema"]["minLength"], 1, "{parameter}");
        agent.get(&format!("{path}?{name}=")).await.expect_error(400, "validation_failed");
    }
}

#[tokio::test]
async fn routes_that_say_they_need_a_token_do_and_the_others_do_not() {
    let desk = desk().await;
    let document = desk.anybody().get("/api/v1/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let url = path.replace("{id}", "ticket_1").replace("{slug}", "api-faq");
            let status = desk.anybody().send(method.clone(), &url, &[], Bytes::new()).await.status;
            let needs_token = operation.get("security").is_some();
            assert_eq!(status == 401, needs_token, "{method} {path}: {status}");
            assert!(!matches!(status, 404 | 405), "{method} {path} is described but not served");
        }
    }
}

#[tokio::test]
async fn the_instruments_routes_are_described_only_when_served() {
    let desk = desk_with(|config| config.instrument = true).await;
    let document = desk.anybody().get("/api/v1/openapi.json").await.json();
    assert!(document["paths"]["/__target/ledger"]["get"].is_object());
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let desk = desk().await;
    for _ in 0..3 {
        desk.anybody().get("/health").await.expect(200);
    }
    desk.anybody().get("/nowhere").await.expect(404);
    let metrics = desk.anybody().get("/metrics").await.expect(200);
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    let text = std::str::from_utf8(&metrics.body).expect("text");
    let expected = [
        r#"insightdesk_http_requests_total{method="GET",route="/health",status="200"} 3"#,
        r#"insightdesk_http_requests_total{method="",route="unmatched",status="404"} 1"#,
        r#"insightdesk_http_request_duration_seconds_bucket{method="GET",route="/health",le="+Inf"} 3"#,
        r#"insightdesk_http_request_duration_seconds_count{method="GET",route="/health"} 3"#,
    ];
    for line in expected {
        assert!(text.lines().any(|candidate| candidate == line), "no {line} in\n{text}");
    }
}
