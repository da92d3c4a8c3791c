//! Goals of a whole run: the table, the exit code, the JSON, and what is wrong with them.

use serde_json::Value;

use crate::support::{Finished, Folder, finish, run};

const THREE_ITERATIONS: &str = "export default function () { }";

fn goals(rows: &[(&str, &str, &str, &str)]) -> String {
    let row = |(name, metric, target, critical): &(&str, &str, &str, &str)| {
        let keys = [("name", name), ("metric", metric), ("target", target), ("critical", critical)];
        Value::from_iter(keys.map(|(key, value)| (key, *value))).to_string()
    };
    format!("[{}]", rows.iter().map(row).collect::<Vec<_>>().join(","))
}

/// Three iterations under these goals.
async fn judged(rows: &[(&str, &str, &str, &str)], arguments: &str) -> (Folder, Finished) {
    let folder = Folder::with(THREE_ITERATIONS);
    folder.write("goals.json", &goals(rows));
    let end = folder.run(&format!("--iterations 3 --goals goals.json {arguments}")).await;
    (folder, end)
}

#[tokio::test]
async fn a_met_goal_passes_and_a_missed_target_does_too() {
    let rows =
        [("Enough", "iterations", "count>2", "count>1"), ("Many", "iterations", "count>=4", "count>2")];
    let (_, end) = judged(&rows, "").await;
    end.code(0).shows(&[
        "█ GOALS",
        "✓ Enough",
        "~ Many",
        "degraded",
        "passed: of 2 goals, 1 met, 1 degraded",
    ]);
}

#[tokio::test]
async fn a_violated_goal_has_an_exit_code_of_its_own() {
    let (folder, end) =
        judged(&[("Too many", "iterations", "count>50", "count>5")], "--summary-export out.json").await;
    let end = end.code(95);
    end.says(&["goals 'Too many' are violated"]).shows(&["✗ Too many", "failed: of 1 goal, 1 violated"]);
    let data = std::fs::read_to_string(folder.path("out.json")).expect("written");
    let data: Value = serde_json::from_str(&data).expect("JSON");
    assert_eq!(data["goals"][0]["status"], "violated");
    assert_eq!(data["goals"][0]["value"], 3);
}

#[tokio::test]
async fn thresholds_come_first() {
    let script = "
        export const options = {
          thresholds: { iterations: ['count>5'] },
          goals: [{ metric: 'iterations', target: 'count>50', critical: 'count>5' }],
        };
        export default function () { }";
    run(script).await.code(99).says(&["have been crossed", "goals 'iterations count' are violated"]);
}

#[tokio::test]
async fn goals_without_data_fail_unless_they_may() {
    let rows = [("Connections", "ws_sessions", "count>2", "count>1")];
    let (_, end) = judged(&rows, "").await;
    let end = end.code(95);
    end.says(&["goals 'Connections' had no data (--no-data=pass lets that pass)"])
        .shows(&["? Connections", "no data: no sample of 'ws_sessions' was recorded"]);
    let (_, end) = judged(&rows, "--no-data=pass").await;
    end.code(0);
}

#[tokio::test]
async fn handle_summary_and_the_variable_know_goals() {
    let folder = Folder::with(
        "export default function () { }
         export const handleSummary = (data) => ({ stdout: JSON.stringify(data.goals) });",
    );
    folder.write("g.json", &goals(&[("Enough", "iterations", "count>0", "count>=0")]));
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_GOALS", "g.json");
    finish(command).await.code(0).shows(&[r#""name":"Enough""#, r#""status":"met""#, r#""value":1"#]);
}

#[tokio::test]
async fn a_gauge_is_judged_by_its_peak() {
    let script = "
        export const options = {
          vus: 3, duration: '1500ms',
          thresholds: { vus: ['max==3', 'min>=0'] },
          goals: [{ name: 'Users', metric: 'vus', target: 'max>2', critical: 'max>1' }],
        };
        import { sleep } from 'k6';
        export default function () { sleep(0.3); }";
    run(script).await.code(0).shows(&["✓ Users  max=3", "✓ 'max==3' max=3"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let rows = [("a", "iteration", "count>2", "count>1"), ("b", "iterations", "p(95)<2", "p(95)<3")];
    let (_, end) = judged(&rows, "").await;
    end.code(104).says(&[
        "goals[0].metric (from --goals): there is no metric 'iteration'",
        "hint: did you mean `iterations`?",
        "goals[1].target (from --goals): 'iterations' is a counter and has no 'p(95)'; it has count, rate",
    ]);
    let folder = Folder::with(THREE_ITERATIONS);
    folder.write("broken.json", "[\n  {\"name\" 1}]");
    folder.write("object.json", "{}");
    for (file, told) in [
        ("broken.json", "goals (from broken.json:2:11): malformed JSON: expected `:`"),
        ("object.json", "goals (from --goals): object.json must hold a list of goals, got {}"),
        ("missing.json", "goals (from --goals): missing.json can't be read: "),
    ] {
        folder.run(&format!("--goals {file}")).await.code(104).says(&[told]);
    }
}

#[tokio::test]
async fn check_and_inspect_know_goals() {
    let folder = Folder::with(
        "import http from 'k6/http';
         export const options = {
           goals: [
             { metric: 'http_req_duration', target: 'p(95)<200', critical: 'p(95)<500' },
             { metric: 'ws_sessions', target: 'count>2', critical: 'count>1' },
           ],
         };
         export default function () { http.get('http://127.0.0.1:1/'); }",
    );
    let end = folder.plimsoll("check test.js").await.code(1);
    end.shows(&["goals[1]: the goal will have no data", "1 error"]);
    let end = folder.plimsoll("inspect test.js").await.code(0);
    let options: Value = serde_json::from_str(&end.stdout).expect("JSON");
    assert_eq!(options["goals"][0]["critical"], "p(95)<500");
}
