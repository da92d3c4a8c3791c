//! The summary for programs, and staying after the end.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{Folder, PATIENCE, finish};

const SCRIPT: &str = "
    import { check } from 'k6';
    export const options = { thresholds: { checks: ['rate>0.9'] } };
    export default function () { check(__ITER, { even: (n) => n % 2 === 0 }); }";

fn export(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("summary.json")).expect("JSON")
}

#[tokio::test]
async fn the_export_is_k6s() {
    let folder = Folder::with(SCRIPT);
    folder.write("summary.json", "of an earlier run");
    let end = folder.run("--summary-export summary.json --iterations 4").await.code(99);
    end.shows(&["TOTAL RESULTS"]).says_nothing_of(&["level=warning"]);
    let data = export(&folder);
    assert_eq!(data["metrics"]["iterations"]["count"], 4);
    assert_eq!(data["metrics"]["checks"]["thresholds"], json!({ "rate>0.9": true }), "true means crossed");
    assert_eq!(data["root_group"]["checks"]["even"]["passes"], 2);
    assert_eq!(folder.files(), ["summary.json", "test.js"]);
}

#[tokio::test]
async fn the_newer_form_is_exported_and_given_to_the_script() {
    let script =
        format!("{SCRIPT}\nexport function handleSummary(data) {{ return {{ stdout: data.version }}; }}");
    let folder = Folder::with(&script);
    let mut command = folder.command("run --quiet --new-machine-readable-summary --iterations 2 test.js");
    command.env("K6_SUMMARY_EXPORT", "summary.json");
    assert_eq!(finish(command).await.code(99).stdout, "1.0.0");
    let data = export(&folder);
    assert_eq!(data["config"]["script"], script.as_str());
    assert_eq!(data["results"]["checks"]["results"], json!([{ "name": "even", "passes": 1, "fails": 1 }]));
}

#[tokio::test]
async fn a_summary_of_the_script_hears_of_unwanted_colours() {
    let folder = Folder::with(
        "export default function () {}
         export function handleSummary(data) { return { stdout: `${data.options.noColor}` }; }",
    );
    for (flag, variable, expected) in [
        ("", None, "false"),
        ("--no-color", None, "true"),
        ("", Some(("NO_COLOR", "")), "true"),
        ("", Some(("K6_NO_COLOR", "true")), "true"),
    ] {
        let mut command = folder.command(&format!("run --quiet {flag} test.js"));
        command.envs(variable);
        assert_eq!(finish(command).await.code(0).stdout, expected, "{flag} {variable:?}");
    }
}

/// A shell has opened the file, and goes on writing to it.
#[cfg(unix)]
#[tokio::test]
async fn an_export_to_stdout_leaves_its_file_where_it_is() {
    let folder = Folder::with(SCRIPT);
    let file = std::fs::File::create(folder.path("all.txt")).expect("writable");
    let mut command = folder.command("run --quiet --iterations 4 --summary-export /dev/stdout test.js");
    let ended = command.stdout(file).stderr(Stdio::null()).status();
    let status = timeout(PATIENCE, ended).await.expect("an end in time").expect("the program runs");
    assert_eq!(status.code(), Some(99));
    let all = folder.read("all.txt");
    let (export, summary) = all.split_at(all.find("\n  █").expect("the summary follows"));
    assert_eq!(serde_json::from_str::<Value>(export).expect("JSON")["metrics"]["iterations"]["count"], 4);
    assert!(summary.contains("TOTAL RESULTS"), "{all}");
    assert_eq!(folder.files(), ["all.txt", "test.js"]);
}

#[tokio::test]
async fn without_a_summary_there_is_no_export() {
    for flag in ["--no-summary", "--summary-mode=disabled"] {
        let folder = Folder::with(SCRIPT);
        let end = folder.run(&format!("{flag} --summary-export summary.json")).await.code(0);
        end.shows_nothing().says(&["summary.json was not written: there is no summary"]);
        assert_eq!(folder.files(), ["test.js"]);
    }
    let folder = Folder::with(SCRIPT);
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_NO_SUMMARY", "true");
    finish(command).await.code(0).shows_nothing();
}

#[tokio::test]
async fn the_legacy_mode_of_k6_1_is_accepted() {
    let end = Folder::with(SCRIPT).run("--summary-mode=legacy").await.code(0).shows(&["TOTAL RESULTS"]);
    end.says(&["summaryMode (from --summary-mode): k6 2 has no such mode any more"]);
}

#[tokio::test]
async fn an_export_that_cannot_be_written_is_told() {
    let end = Folder::with(SCRIPT).run("--summary-export none/summary.json").await.code(255);
    end.shows(&["TOTAL RESULTS"]).says(&["none/summary.json could not be written"]);
}

#[cfg(unix)]
#[tokio::test]
async fn who_lingers_ends_with_the_code_of_the_run() {
    for (signal, iterations, code) in [("INT", 4, 99), ("TERM", 1, 0)] {
        let mut running = Folder::with(SCRIPT).start(&format!("--linger --iterations {iterations}"));
        running.says("lingering until SIGINT or SIGTERM").await;
        running.signal(signal);
        running.finish().await.code(code).shows(&["TOTAL RESULTS"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_run_that_was_interrupted_does_not_linger() {
    let script =
        "import { sleep } from 'k6'; export default function () { console.log('begun'); sleep(3600); }";
    let folder = Folder::with(script);
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_LINGER", "true");
    let mut running = crate::support::Running::start(command, folder);
    running.says("begun").await;
    running.signal("INT");
    running.finish().await.code(105).says_nothing_of(&["lingering"]);
}
