//! The load-test suite and the desk must fit together.

use std::path::PathBuf;

use crate::support::desk;

fn suite(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../load-tests").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test]
async fn the_suites_users_can_log_in() {
    let desk = desk().await;
    let users: serde_json::Value = serde_json::from_str(&suite("data/users.json")).expect("JSON");
    let users = users.as_array().expect("a list");
    assert!(users.len() >= 200);
    for user in users.iter().step_by(50) {
        let text = |key: &str| user[key].as_str().expect("text").to_owned();
        let login = desk.anybody().log_in(&text("email"), &text("password")).await.expect(200);
        assert_eq!(login.text("/user/organizationId"), text("organizationId"));
        assert_eq!(login.text("/user/role"), text("role"));
        assert_eq!(login.text("/user/name"), text("name"));
    }
}

/// Every path that a script asks for is a route of the desk.
#[tokio::test]
async fn the_scripts_ask_for_routes_that_exist() {
    let desk = desk().await;
    let document = desk.anybody().get("/api/v1/openapi.json").await.json();
    let routes: Vec<_> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    let matches = |route: &str, path: &str| {
        let (mut route, mut path) = (route.split('/'), path.split('/'));
        loop {
            match (route.next(), path.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == b || (a.starts_with('{') && b.starts_with("${")) => {}
                _ => return false,
            }
        }
    };
    let files = [
        "lib/auth.js",
        "scenarios/smoke.js",
        "scenarios/stress.js",
        "tests/api/tickets.js",
        "tests/api/auth.js",
        "tests/api/knowledge-base.js",
    ];
    for file in files {
        let script = suite(file);
        let urls = script
            .split("${config.baseUrl}")
            .skip(1)
            .map(|rest| &rest[..rest.find(['`', '?']).expect("an end")]);
        let urls: Vec<_> = urls.collect();
        assert!(!urls.is_empty(), "{file}");
        for url in urls {
            let url = url.replace("auth/${action}", "auth/login");
            assert!(
                routes.iter().any(|route| route == &url || matches(route, &url)),
                "{file} asks for {url}"
            );
        }
    }
}
