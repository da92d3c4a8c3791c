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

/// What the specification's layout has, and what every script may import: k6's own modules, and for the
/// database the extension.
#[test]
fn the_layout_is_the_specifications_and_scripts_are_plain() {
    let scripts = [
        "lib/config.js",
        "lib/helpers.js",
        "lib/auth.js",
        "lib/checks.js",
        "scenarios/smoke.js",
        "scenarios/load.js",
        "scenarios/stress.js",
        "scenarios/soak.js",
        "scenarios/spike.js",
        "scenarios/chaos.js",
        "tests/api/tickets.js",
        "tests/api/auth.js",
        "tests/api/knowledge-base.js",
        "tests/websocket/realtime.js",
        "tests/database/queries.js",
        "lib/socketio.js",
        "lib/users.js",
    ];
    for file in scripts {
        let script = suite(file);
        let imports = script.lines().filter(|line| line.starts_with("import "));
        let names = imports.filter_map(|line| line.rsplit('\'').nth(1));
        for name in names {
            let is_plain = name.starts_with('.') || (name.starts_with("k6") && !name.starts_with("k6/x/"));
            assert!(is_plain || file.starts_with("tests/database/"), "{file} imports {name}");
        }
        assert!(!script.contains("goals:"), "{file}: k6 knows no goals");
    }
    let package: serde_json::Value = serde_json::from_str(&suite("package.json")).expect("JSON");
    assert!(package["devDependencies"]["@types/k6"].is_string());
    for script in package["scripts"].as_object().expect("scripts").values() {
        let file = script.as_str().and_then(|text| text.strip_prefix("plimsoll run ")).expect("a command");
        assert!(scripts.contains(&file), "{file}");
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
