//! The config file: where it is found, what it says, and what is wrong with it.

use crate::support::{Folder, finish};

const SCRIPT: &str = "
    export const options = { tags: { from: 'script' } };
    export default function () { }";

#[tokio::test]
async fn everything_else_wins_over_the_config_file() {
    let folder = Folder::with(SCRIPT);
    folder.write("c.json", r#"{ "iterations": 5, "tags": { "from": "config" }, "noSetup": true }"#);
    let end = folder.run("--config c.json").await.code(0);
    assert_eq!(end.count("iterations"), 5);
    let end = folder.run("-c c.json --iterations 2").await.code(0);
    assert_eq!(end.count("iterations"), 2);
    let shown = folder.plimsoll("inspect -c c.json --sources test.js").await.code(0);
    let from = |key: &str| {
        let line = shown.stdout.lines().find(|line| line.starts_with(&format!("{key} "))).expect("a row");
        line.split_whitespace().last().map(str::to_owned)
    };
    assert_eq!(from("iterations").as_deref(), Some("c.json"));
    assert_eq!(from("noSetup").as_deref(), Some("c.json"));
    assert_eq!(from("tags").as_deref(), Some("test.js"));
    assert_eq!(from("batch").as_deref(), Some("default"));
}

#[tokio::test]
async fn it_is_found_where_settings_are_and_ours_comes_first() {
    let folder = Folder::with(SCRIPT);
    let iterations = async || {
        let mut command = folder.command("run --quiet test.js");
        command.env("XDG_CONFIG_HOME", folder.path("settings")).env("HOME", folder.path("nowhere"));
        finish(command).await.code(0).count("iterations")
    };
    assert_eq!(iterations().await, 1, "a missing file is no problem");
    for (owner, expected) in [("k6", 3), ("plimsoll", 4)] {
        let settings = folder.path("settings").join(owner);
        std::fs::create_dir_all(&settings).expect("a writable folder");
        let options = format!(r#"{{ "iterations": {expected} }}"#);
        std::fs::write(settings.join("config.json"), options).expect("a writable file");
        assert_eq!(iterations().await, expected);
    }
}

#[tokio::test]
async fn its_problems_are_told_with_all_others() {
    let folder = Folder::with("export const options = { vus: 'a' }; export default function () { }");
    folder.write("bad.json", "{\n  \"vus\": 3,\n  oops\n}");
    let mut command = folder.command("run --quiet --iterations x test.js");
    command.env("K6_CONFIG", "bad.json").env("K6_BATCH", "many");
    finish(command).await.code(104).shows_nothing().says(&[
        "config (from bad.json:3:3): malformed JSON: key must be a string",
        "vus (from test.js)",
        "batch (from K6_BATCH)",
        "iterations (from --iterations)",
    ]);
    folder.write("wrong.json", r#"{ "vus": "b", "tresholds": {} }"#);
    let end = folder.run("--config wrong.json").await.code(104);
    end.says(&[r#"vus (from wrong.json): must be an integer, got \"b\""#, "vus (from test.js)"]);
}

#[tokio::test]
async fn a_file_that_was_asked_for_must_be_there() {
    let folder = Folder::with(SCRIPT);
    folder.run("-c none.json").await.code(104).says(&["config (from --config): none.json can't be read"]);
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_CONFIG", "none.json");
    finish(command).await.code(104).says(&["config (from K6_CONFIG): none.json can't be read"]);
}
