//! What a CI reads of a run, by programs that nobody here wrote: ajv, xmllint, junitparser, k6-html-reporter,
//! jq.

use std::process::Stdio;

use tokio::process::Command;

use crate::support::{Finished, Folder, finish, repository, server, sockets};

/// Thresholds and goals of every outcome, over several lines; a name that is markup wherever it goes.
const SCRIPT: &str = r"import http from 'k6/http';
import { check, group } from 'k6';
export const options = {
  iterations: 20,
  vus: 2,
  tags: { team: 'desk' },
  thresholds: {
    http_req_duration: [
      'p(95)<60000',
      { threshold: 'max<0.000001', abortOnFail: false },
    ],
    'http_reqs{name:nowhere}': ['count>0'],
    http_req_failed: ['rate<0.5'],
  },
  goals: [
    { name: 'speed', metric: 'http_req_duration', target: 'p(95)<0.000001', critical: 'p(95)<60000' },
    { name: 'capacity', metric: 'http_reqs', target: 'rate>1e9', critical: 'rate>1e8' },
  ],
};
export default function () {
  group('desk', () => {
    const response = http.get(`${__ENV.URL}/tickets/${__ITER}`);
    check(response, { 'is 200': (r) => r.status === 200, '<b>|never|</b> & \x22@all\x22': () => false });
  });
}
export function handleSummary(data) { return { 'data.json': JSON.stringify(data) }; }
";

fn file(name: &str) -> std::path::PathBuf {
    repository("crates/plimsoll/tests/ci").join(name)
}

async fn run(arguments: &str) -> (Folder, Finished) {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(SCRIPT);
    let end = folder.run(&format!("-e URL=http://{address} {arguments}")).await;
    (folder, end.code(99))
}

async fn piped(mut command: Command) -> Finished {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command).await
}

fn node(script: &str, folder: &Folder, arguments: &[&str]) -> Command {
    let mut node = Command::new("node");
    node.arg(file(script)).args(arguments).current_dir(folder.path("")).env("PACKAGES", sockets::packages());
    node
}

#[tokio::test]
async fn the_json_keeps_to_its_schema() {
    let (folder, _) = run("--record run.plimsoll --report now.json").await;
    let schema = folder.plimsoll("report --schema").await.code(0);
    folder.write("schema.json", &schema.stdout);
    folder.plimsoll("report run.plimsoll -o later.json").await.code(0);
    folder.write("empty.js", "export default function () {}");
    folder.plimsoll("run --quiet --no-record --report empty.json empty.js").await.code(0);
    for document in ["now.json", "later.json", "empty.json"] {
        piped(node("validate.mjs", &folder, &["json", "schema.json", document])).await.code(0);
    }
    folder.write("broken.json", &folder.read("now.json").replace("\"crossed\"", "\"maybe\""));
    piped(node("validate.mjs", &folder, &["json", "schema.json", "broken.json"])).await.code(1);
}

#[tokio::test]
async fn what_the_run_wrote_is_what_its_record_says() {
    let (folder, _) = run("--record run.plimsoll --report now.json --report now.md --report now.xml").await;
    folder.plimsoll("report run.plimsoll -o later.json -o later.md -o later.xml").await.code(0);
    for form in ["md", "xml"] {
        assert_eq!(folder.read(&format!("later.{form}")), folder.read(&format!("now.{form}")), "{form}");
    }
    let [now, later] = ["now.json", "later.json"]
        .map(|name| serde_json::from_str::<serde_json::Value>(&folder.read(name)).expect("JSON"));
    for part in ["run", "checks", "goals", "headline", "notes", "failures", "verdict"] {
        assert_eq!(now[part], later[part], "{part}");
    }
    let counts =
        |document: &serde_json::Value| document["metrics"]["http_req_duration"]["values"]["count"].clone();
    assert_eq!((counts(&now), counts(&later)), (20.into(), 20.into()));
}

#[tokio::test]
async fn junit_is_valid_and_readable() {
    let (folder, _) = run("--no-record --report junit.xml").await;
    let schema = file("junit.xsd").display().to_string();
    piped(node("validate.mjs", &folder, &["xml", &schema, "junit.xml"])).await.code(0);
    folder.write("broken.xml", &folder.read("junit.xml").replace("tests=", "test="));
    piped(node("validate.mjs", &folder, &["xml", &schema, "broken.xml"])).await.code(1);

    let mut python = Command::new("python3");
    python.arg(file("junit.py")).arg("junit.xml").current_dir(folder.path(""));
    python.env("PYTHONPATH", sockets::cached("python"));
    let read = piped(python).await.code(0).stdout;
    let cases: Vec<&str> = read.lines().collect();
    let starts = |beginning: &str| {
        assert!(cases.iter().any(|case| case.starts_with(beginning)), "{beginning} is not in {read}");
    };
    starts("run|comes to its end|passed|");
    starts("run|was not marked as failed|passed|");
    starts("run|can be trusted|");
    starts("thresholds|http_req_duration p(95)<60000|passed|");
    starts("thresholds|http_req_duration max<0.000001|failed|max=");
    starts("thresholds|http_reqs{name:nowhere} count>0|failed|no data: ");
    starts("goals|speed|passed|");
    starts("goals|capacity|failed|rate=");
    starts("checks|is 200|passed|");
    starts("checks|<b>|never|</b> & \"@all\"|failed|20 of 20 times failed");
    assert_eq!(cases.len(), 11, "{read}");
}

#[tokio::test]
async fn github_is_shown_the_line_that_failed() {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(SCRIPT);
    let mut command =
        folder.command(&format!("run --quiet -e URL=http://{address} --record r.plimsoll test.js"));
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.path("step.md"));
    let end = finish(command).await.code(99);
    // A busy machine may make the measurement INVALID, which is an error too.
    let is_error = |line: &&str| line.starts_with("::error") && !line.contains("title=plimsoll%3A validity");
    let lines: Vec<&str> = end.stderr.lines().filter(is_error).collect();
    let place = |line: u32, column: u32, title: &str, text: &str| {
        let beginning =
            format!("::error file=test.js,line={line},col={column},title=plimsoll%3A {title}::{text}");
        assert!(lines.iter().any(|line| line.starts_with(&beginning)), "{beginning} is not in {lines:#?}");
    };
    place(10, 7, "threshold", "http_req_duration 'max<0.000001': max=");
    place(12, 33, "threshold", "http_reqs{name:nowhere} 'count>0': no data: ");
    place(17, 5, "goal", "goal capacity: rate=");
    assert_eq!(lines.len(), 3);
    assert!(folder.read("step.md").starts_with("## ❌ Load test failed: "), "{}", folder.read("step.md"));

    let again = folder.plimsoll("report --format github r.plimsoll").await.code(0).stdout;
    let errors: Vec<&str> = again.lines().filter(is_error).collect();
    assert_eq!(errors, lines);
    let quiet = folder.plimsoll("report r.plimsoll --github=false").await.code(0);
    assert_eq!(quiet.stderr, "");
}

/// GitHub knows files by their names in the repository, wherever a step runs.
#[tokio::test]
async fn a_step_in_a_subfolder_annotates_the_repository_s_files() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("load")).expect("a new folder");
    let rules = "{ \"thresholds\": { \"iterations\": [\"count>1\"] } }";
    folder.write("load/test.js", &format!("export const options = {rules}; export default function () {{}}"));
    folder.write("load/none.js", "export default function () {}");
    folder.write("load/config.json", rules);
    let places =
        [("test.js", "load/test.js,line=1,col=57"), ("--config config.json none.js", "load/none.js")];
    for (script, place) in places {
        let mut command = folder.command(&format!("run --quiet --github --record r.plimsoll {script}"));
        command.current_dir(folder.path("load")).env("GITHUB_WORKSPACE", folder.path(""));
        let error =
            format!("::error file={place},title=plimsoll%3A threshold::iterations 'count>1': count=1");
        finish(command).await.code(99).says(&[&error]);
    }
    let later = folder.plimsoll("report --format github load/r.plimsoll").await.code(0);
    assert!(later.stdout.contains("::error file=load/none.js,title="), "{later}");
}

#[tokio::test]
async fn markdown_makes_no_markup_of_names() {
    let (folder, _) = run("--no-record --report comment.md").await;
    let text = folder.read("comment.md");
    for part in [
        "### Thresholds",
        "| ❌ | `http_req_duration` | `max<0.000001` | max=",
        "| ❔ | `http_reqs{name:nowhere}` | `count>0` | no data: ",
        "| ⚠️ | speed | `p(95)<0.000001` | `p(95)<60000` | p(95)=",
        "| ✅ | is 200 | 20 | 0 |",
        "| ❌ | &lt;b&gt;\\|never\\|&lt;/b&gt; &amp; \"&#64;all\" | 0 | 20 |",
        "<details><summary>Metrics</summary>",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[tokio::test]
async fn reporters_for_k6_read_what_handle_summary_gets() {
    let (folder, _) = run("--no-record").await;
    std::fs::create_dir(folder.path("out")).expect("a new folder");
    let end = piped(node("reporter.mjs", &folder, &["data.json", "out"])).await.code(0);
    assert!(end.stdout.contains("Report is created"), "{end}");
    let page = folder.read("out/report.html");
    for part in ["is 200", "http_req_duration", "iteration_duration", "data_received", "http_req_failed"] {
        assert!(page.contains(part), "{part} is not in the page");
    }
}
