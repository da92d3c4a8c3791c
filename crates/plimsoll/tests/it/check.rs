//! The command `check`: what it finds in the scripts of `tests/check`, and how it says so.
//!
//! Each folder has a script and an `expected` with all that is printed; `UPDATE_EXPECTED=1` rewrites it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Finished, Folder, finish, repository};

#[tokio::test]
async fn findings_are_those_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let entries = fs::read_dir(&folder).expect("cases").flatten();
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    cases.sort();
    assert!(cases.len() >= 20, "the cases are found");
    let mut failures = Vec::new();
    for case in &cases {
        failures.extend(failure(case).await);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

async fn failure(case: &Path) -> Option<String> {
    let script = if case.join("test.ts").exists() { "test.ts" } else { "test.js" };
    let mut command = Folder::new().command(&format!("check {script}"));
    command.current_dir(case);
    let end = finish(command).await;
    let place = case.canonicalize().expect("exists").display().to_string();
    let code = end.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let printed = format!("{}exit code {code}\n", end.stdout.replace(&place, "DIR"));
    let file = case.join("expected");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&file, &printed).expect("the case's folder is writable");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    (printed != expected)
        .then(|| format!("{}\n--- expected\n{expected}--- printed\n{printed}", case.display()))
}

const FLAWED: &str = "import http from 'k6/http';\nexport default () => http.bulk([]);\n";
const DUBIOUS: &str = "export const options = { vuss: 1 };\nexport default () => {};\n";

#[tokio::test]
async fn warnings_fail_it_only_when_asked_to() {
    let folder = Folder::with(DUBIOUS);
    folder.plimsoll("check test.js").await.code(0);
    folder.plimsoll("check --strict test.js").await.code(1);
    Folder::with(FLAWED).plimsoll("check test.js").await.code(1);
}

#[tokio::test]
async fn several_scripts_are_checked_in_one_go() {
    let folder = Folder::with(FLAWED);
    folder.write("other.js", DUBIOUS);
    let end = folder.plimsoll("check test.js other.js missing.js").await.code(1);
    let lines = ["test.js:2:27: error: ", "other.js:1:26: warning: vuss: unknown option", "missing.js"];
    for text in lines.into_iter().chain(["3 scripts checked: 2 errors, 1 warning"]) {
        assert!(end.stdout.contains(text), "no {text:?} in {end}");
    }
}

#[tokio::test]
async fn json_has_a_stable_form() {
    let end = Folder::with(FLAWED).plimsoll("check --format json test.js").await.code(1);
    let document: Value = serde_json::from_str(&end.stdout).expect("JSON");
    let expected = serde_json::json!({
        "version": 1, "errors": 1, "warnings": 0, "notes": 0,
        "findings": [{
            "level": "error", "rule": "missing-api", "file": "test.js", "line": 2, "column": 27,
            "message": "`bulk` of 'k6/http' does not exist", "hint": null,
        }],
    });
    assert_eq!(document, expected);
}

#[tokio::test]
async fn annotations_are_commands_of_workflows() {
    let end = Folder::with(FLAWED).plimsoll("check --format github test.js").await.code(1);
    let command = "::error file=test.js,line=2,col=27,title=plimsoll check%3A missing-api::";
    assert!(end.stdout.starts_with(command), "{end}");
}

#[tokio::test]
async fn options_from_outside_count() {
    let folder = Folder::with("export default () => {};\n");
    folder.write("options.json", "{ \"thresholds\": { \"grpc_req_duration\": [\"avg<1\"] } }");
    let end = folder.plimsoll("check --config options.json test.js").await.code(1);
    assert!(end.stdout.contains("error: grpc_req_duration: the threshold will have no data"), "{end}");
    let end = folder.plimsoll("check --vus many test.js").await.code(1);
    assert!(end.stdout.starts_with("error: vus (from --vus): must be an integer"), "{end}");
    folder.plimsoll("check --format tree test.js").await.code(255);
}

#[tokio::test]
async fn archives_are_checked_like_their_scripts() {
    let folder = Folder::with(FLAWED);
    folder.plimsoll("archive test.js").await.code(0);
    let end = folder.plimsoll("check archive.tar").await.code(1);
    assert!(end.stdout.contains("test.js:2:27: error: `bulk`"), "{end}");
}

#[tokio::test]
async fn our_own_scripts_are_free_of_findings() {
    let folder = Folder::new();
    folder.plimsoll("new first.js").await.code(0);
    check_strictly(&folder, "first.js").await;
    let scripts = fs::read_dir(repository("load-tests/scenarios")).expect("load tests").flatten();
    let mut checked = 0;
    for script in scripts.map(|entry| entry.path()) {
        checked += 1;
        check_strictly(&folder, &script.display().to_string()).await;
    }
    assert!(checked > 0, "the load tests were not found");
}

async fn check_strictly(folder: &Folder, script: &str) -> Finished {
    folder.plimsoll(&format!("check --strict {script}")).await.code(0)
}
