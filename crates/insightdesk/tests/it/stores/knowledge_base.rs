//! The public knowledge base.

use bytes::Bytes;
use hyper::Method;
use serde_json::json;

use super::desk;
use crate::support::fields;

#[tokio::test]
async fn categories_articles_and_one_article_are_public() {
    let desk = desk().await;
    let visitor = desk.anybody();
    let categories = visitor.get("/api/v1/kb/categories").await.expect(200).json();
    let categories = categories["data"].as_array().expect("data").clone();
    assert_eq!(categories.len(), 10);
    assert!(categories.iter().all(|category| category["articleCount"] == 20));

    let list = visitor.get("/api/v1/kb/articles?category=billing&limit=5&page=4").await.expect(200).json();
    assert_eq!(list["pagination"], json!({ "page": 4, "limit": 5, "total": 20, "totalPages": 4 }));
    let slug = list["data"][0]["slug"].as_str().expect("a slug").to_owned();
    let article = visitor.get(&format!("/api/v1/kb/articles/{slug}")).await.expect(200).json();
    assert_eq!(article["category"], "billing");
    assert!(article["content"].as_str().expect("content").starts_with("# Billing"));
    visitor.get("/api/v1/kb/articles/none").await.expect_error(404, "not_found");
}

#[tokio::test]
async fn articles_are_found_by_their_words() {
    let desk = desk().await;
    let list = desk.anybody().get("/api/v1/kb/articles?q=webhook+glossary&limit=3").await.expect(200).json();
    assert_eq!(list["data"][0]["slug"], "api-glossary");
    let both = desk.anybody().get("/api/v1/kb/articles?q=glossary&category=api").await.expect(200).json();
    assert_eq!(both["pagination"]["total"], 1);
    let none = desk.anybody().get("/api/v1/kb/articles?q=!!!").await.expect(200).json();
    assert_eq!(none["pagination"]["total"], 0);
    let error =
        desk.anybody().get("/api/v1/kb/articles?limit=x").await.expect_error(400, "validation_failed");
    assert_eq!(fields(&error), ["limit"]);
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let desk = desk().await;
    let visitor = desk.anybody();
    for path in ["/api/v1/kb/categories", "/api/v1/kb/articles", "/api/v1/kb/articles/api-glossary"] {
        let first = visitor.get(path).await.expect(200);
        let tag = first.header("etag").to_owned();
        let ask = async |known: &str| {
            visitor.send(Method::GET, path, &[("if-none-match", known)], Bytes::new()).await
        };
        let second = ask(&tag).await.expect(304);
        assert!(second.body.is_empty());
        assert_eq!(second.header("etag"), tag);
        ask(&format!("\"other\", W/{tag}")).await.expect(304);
        assert_eq!(ask("\"other\"").await.expect(200).body, first.body);
    }
}
