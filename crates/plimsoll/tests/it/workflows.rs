//! The workflows that run load tests: the files that they name, and the check that ends them.

use std::process::Stdio;

use tokio::process::Command;

use crate::support::{Finished, Folder, finish, repository};

/// What `.ci/check-thresholds` says of the results in a folder.
async fn check(folder: &Folder, results: &str) -> Finished {
    let mut command = Command::new("bash");
    command.arg(repository(".ci/check-thresholds")).arg(folder.path(results));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command).await
}

/// Two iterations, of which a threshold wants more than so many.
async fn results(more_than: u32) -> (Folder, Finished) {
    let script = format!(
        "export const options = {{ iterations: 2, thresholds: {{ iterations: ['count>{more_than}'] }} }};
         export default function () {{}}"
    );
    let folder = Folder::with(&script);
    let end = folder.run("--out json=results.json").await;
    (folder, end)
}

#[tokio::test]
async fn a_threshold_that_holds_opens_the_gate() {
    let (folder, end) = results(1).await;
    end.code(0);
    check(&folder, "results.json").await.code(0);
}

#[tokio::test]
async fn a_threshold_that_fails_closes_the_gate() {
    let (folder, end) = results(2).await;
    end.code(99);
    check(&folder, "results.json").await.code(1).says(&["performance thresholds failed", "\"iterations\""]);
}

#[tokio::test]
async fn results_of_a_run_that_did_not_end_close_the_gate() {
    let (folder, end) = results(1).await;
    end.code(0);
    let whole = folder.read("results.json");
    let cut = whole.lines().take(3).collect::<Vec<_>>().join("\n");
    folder.write("cut.json", &cut);
    check(&folder, "cut.json").await.code(1).says(&["has no summary"]);
    check(&folder, "missing.json").await.code(1).says(&["is missing or empty"]);
}

/// Commands name files of the repository that are there, and scenarios that exist.
#[test]
fn workflows_name_what_exists() {
    for name in ["load-test.yml", "load-test-gate.yml"] {
        let path = repository(".github/workflows").join(name);
        let text = std::fs::read_to_string(path).expect("a workflow");
        let words = text.split(|c: char| c.is_whitespace() || c == '"');
        let files = words.filter(|word| word.starts_with(".ci/") || word.starts_with("load-tests/"));
        let mut found = 0;
        for file in files.filter(|file| !file.contains('$')) {
            assert!(repository(file).exists(), "{name} names {file}");
            found += 1;
        }
        assert!(found > 1, "{name} names no files");
        for scenario in text.lines().filter_map(|line| line.strip_prefix("          - ")) {
            if scenario.chars().all(char::is_alphabetic) {
                let script = repository("load-tests/scenarios").join(format!("{scenario}.js"));
                assert!(script.exists(), "{name} offers {scenario}");
            }
        }
    }
}
