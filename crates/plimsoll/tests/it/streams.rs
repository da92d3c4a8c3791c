//! What goes to stdout, to stderr and to files.

use tokio::io::AsyncReadExt as _;

use crate::support::{Folder, finish, run};

const PLAIN: &str = "
    import { check } from 'k6';
    console.log('hello');
    export default function () { check(1, { one: (n) => n === 1 }); }";

#[tokio::test]
async fn stdout_holds_the_summary_alone() {
    let folder = Folder::with(PLAIN);
    for arguments in ["run test.js", "run --quiet test.js", "run --verbose test.js"] {
        let end = folder.plimsoll(arguments).await.code(0);
        assert!(end.stdout.starts_with("\n\n  █ TOTAL RESULTS \n"), "{end}");
        assert!(!end.stdout.contains("hello") && !end.stdout.contains("execution: local"), "{end}");
        assert!(end.stdout.ends_with("\n\n") && !end.stdout.ends_with("\n\n\n"), "{end}");
    }
}

#[tokio::test]
async fn the_banner_and_progress_go_to_stderr() {
    let folder = Folder::with(PLAIN);
    folder.plimsoll("run --vus 2 --iterations 4 test.js").await.code(0).says(&[
        "     execution: local\n        script: test.js\n        output: -\n",
        "     scenarios: (100.00%) 1 scenario, 2 max VUs, 10m30s max duration (incl. graceful stop):\n",
        "              * default: 4 iterations shared among 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)\n",
        "running (0m00.",
        "4 complete and 0 interrupted iterations",
        "default ✓ [========================================]",
        "4/4 shared iters",
    ]);
    let quiet = folder.plimsoll("run --quiet test.js").await;
    assert_eq!(quiet.stderr.lines().count(), 2, "only what the script says: {quiet}");
}

#[tokio::test]
async fn no_escape_codes_without_a_terminal() {
    let folder = Folder::with(PLAIN);
    let mut command = folder.command("run test.js");
    command.env("TERM", "xterm-256color");
    let end = finish(command).await;
    assert!(!end.stdout.contains('\x1b') && !end.stderr.contains('\x1b'), "{end}");
}

#[tokio::test]
async fn log_formats() {
    let folder = Folder::with("console.warn('be careful', 1); export default function () {}");
    let json = folder.run("--log-format json").await;
    json.says(&[r#"{"level":"warning","msg":"be careful 1","source":"console","time":"2"#]);
    let raw = folder.run("--log-format raw").await;
    assert!(raw.stderr.starts_with("be careful 1\n"), "{raw}");
}

#[tokio::test]
async fn no_summary_when_it_is_disabled() {
    Folder::with(PLAIN).run("--summary-mode disabled").await.code(0).shows_nothing();
}

#[tokio::test]
async fn handle_summary_decides_what_is_written() {
    let script = "
        export default function () {}
        export function handleSummary(data) {
            return {
                stdout: `iterations: ${data.metrics.iterations.values.count}\\n`,
                stderr: 'for people\\n',
                'summary.json': JSON.stringify(data),
                'plain.txt': 'plain',
            };
        }";
    let folder = Folder::with(script);
    let end = folder.run("").await.code(0).says(&["for people\n"]);
    assert_eq!(end.stdout, "iterations: 1\n");
    assert_eq!(folder.files(), ["plain.txt", "summary.json", "test.js"]);
    assert_eq!(folder.read("plain.txt"), "plain");
    assert!(folder.read("summary.json").contains("\"root_group\""));
}

#[tokio::test]
async fn handle_summary_writes_what_can_be_written() {
    let script = "
        export default function () {}
        export function handleSummary() {
            return { 'no/such/folder.txt': 'lost', stdout: 'shown\\n', 'kept.txt': 'kept' };
        }";
    let folder = Folder::with(script);
    let end = folder.run("").await.code(255).says(&["no/such/folder.txt could not be written: "]);
    assert_eq!((end.stdout.as_str(), folder.read("kept.txt").as_str()), ("shown\n", "kept"));
}

#[tokio::test]
async fn handle_summary_that_fails_is_replaced() {
    for (body, message) in [
        ("throw new Error('not today');", "handleSummary threw: Error: not today"),
        ("return 7;", "handleSummary must return an object"),
        ("return { stdout: 7 };", "for 'stdout'"),
    ] {
        let script = format!("export default function () {{}}\nexport function handleSummary() {{ {body} }}");
        let end = run(&script).await.code(0).shows(&["TOTAL RESULTS"]);
        end.says(&["level=error", message, "the standard summary follows"]);
    }
    run("export default function () {}\nexport function handleSummary() { return {}; }")
        .await
        .code(0)
        .shows_nothing();
    let nothing = run("export default function () {}\nexport function handleSummary() { }").await;
    nothing.code(0).shows(&["TOTAL RESULTS"]).says_nothing_of(&["level=error"]);
}

#[tokio::test]
async fn reports_are_html_or_text() {
    let folder = Folder::with(PLAIN);
    folder.run("--report new/folder/report.html").await.code(0).shows(&["TOTAL RESULTS"]);
    assert!(folder.read("new/folder/report.html").to_lowercase().starts_with("<!doctype html>"));
    let end = folder.run("--report report.txt").await.code(0);
    assert_eq!(
        folder.read("report.txt").trim_matches('\n').lines().next(),
        end.stdout.trim_matches('\n').lines().next()
    );
    assert!(folder.read("report.txt").contains("✓ one"));
    assert_eq!(folder.files(), ["new", "report.txt", "test.js"], "nothing half-written is left");
}

#[tokio::test]
async fn a_report_that_cannot_be_written() {
    let folder = Folder::with(PLAIN);
    folder.write("occupied", "");
    let end = folder.run("--report occupied/report.html").await.code(255).shows(&["TOTAL RESULTS"]);
    end.says(&["occupied/report.html could not be written: "]);
    std::fs::create_dir(folder.path("folder.txt")).expect("a folder");
    folder.run("--report folder.txt").await.code(255).says(&["folder.txt could not be written: "]);
    assert_eq!(folder.files(), ["folder.txt", "occupied", "test.js"], "nothing half-written is left");
}

#[tokio::test]
async fn a_crossed_threshold_weighs_more_than_an_unwritten_report() {
    let script = "
        export const options = { thresholds: { iterations: ['count>5'] } };
        export default function () {}";
    let folder = Folder::with(script);
    folder.write("occupied", "");
    let end = folder.run("--report occupied/report.html").await.code(99);
    end.says(&["could not be written", "have been crossed"]);
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::with(PLAIN);
    let mut command = folder.command("run --quiet test.js");
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).await.expect("text");
    assert_eq!(child.wait().await.expect("a status").code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panic") && !stderr.contains("error"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_summary_that_cannot_be_written_is_a_failure() {
    let folder = Folder::with(PLAIN);
    let mut command = folder.command("run --quiet test.js");
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
    let child = command.stdout(full).spawn().expect("the program starts");
    let output = child.wait_with_output().await.expect("an end");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(stderr.contains("stdout could not be written: No space left on device"), "{stderr}");
    assert_eq!(output.status.code(), Some(255));
}

#[tokio::test]
async fn raw_samples_carry_metadata() {
    let folder = Folder::with(
        "import exec from 'k6/execution';
        import { check } from 'k6';
        export const options = { systemTags: ['vu', 'iter', 'scenario'] };
        export default function () {
            exec.vu.metrics.metadata.trace = 'abc';
            check(1, { one: true });
        }",
    );
    folder.run("--out json=out.json").await.code(0);
    let text = folder.read("out.json");
    let carried = r#""metadata":{"iter":"0","trace":"abc","vu":"1"}"#;
    for metric in ["checks", "iterations", "iteration_duration", "data_sent"] {
        let point = format!(r#"{{"metric":"{metric}","type":"Point""#);
        let line = text.lines().find(|line| line.starts_with(&point)).expect(metric);
        assert!(line.contains(r#""tags":{"scenario":"default"}"#) && line.contains(carried), "{line}");
    }
}
