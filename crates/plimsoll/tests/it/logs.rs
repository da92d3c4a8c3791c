//! Where log lines go, and in which form.

use crate::support::{Folder, finish};

const SCRIPT: &str = "
    console.log('in init');
    export default function () { console.log('in a VU', __ITER); console.debug('details'); }
    export function handleSummary() { console.warn('in the summary'); }";

#[tokio::test]
async fn console_output_has_what_is_said_after_init() {
    let folder = Folder::with(SCRIPT);
    folder.write("console.txt", "a line of another run\n");
    let end = folder.run("--console-output console.txt --iterations 2").await.code(0);
    end.says(&["msg=\"in init\" source=console"]).says_nothing_of(&["in a VU", "in the summary"]);
    let console = folder.read("console.txt");
    let lines: Vec<&str> = console.lines().map(|line| line.split_once(' ').expect("a time").1).collect();
    assert_eq!(
        lines,
        [
            "line of another run",
            "level=info msg=\"in a VU 0\"",
            "level=info msg=\"in a VU 1\"",
            "level=warning msg=\"in the summary\"",
        ]
    );
}

#[tokio::test]
async fn console_output_takes_the_log_format() {
    let folder = Folder::with(SCRIPT);
    let mut command = folder.command("run --quiet --log-format raw -v test.js");
    command.env("K6_CONSOLE_OUTPUT", "console.txt");
    finish(command).await.code(0);
    assert_eq!(folder.read("console.txt"), "in a VU 0\ndetails\nin the summary\n");
}

#[tokio::test]
async fn the_log_goes_where_it_should() {
    let folder = Folder::with("export default function () { console.warn('careful'); }");
    let end = folder.run("--log-output stdout --log-format raw").await.code(0);
    end.shows(&["careful\n"]).says_nothing_of(&["careful"]);
    let end = folder.run("--log-output none").await.code(0);
    assert_eq!(end.stderr, "");
    for _ in 0..2 {
        let end = folder.run("--log-output file=run.log --log-format json").await.code(0);
        assert_eq!(end.stderr, "");
    }
    assert_eq!(folder.read("run.log").matches("\"msg\":\"careful\"").count(), 2, "lines are appended");
}

#[tokio::test]
async fn a_log_file_can_have_a_level() {
    let folder = Folder::with(
        "export default function () { console.log('so so'); console.warn('careful'); console.error('bad'); }",
    );
    folder.run("--log-output file=run.log,level=warning").await.code(0);
    let log = folder.read("run.log");
    assert!(!log.contains("so so") && log.contains("careful") && log.contains("bad"), "{log}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_told() {
    let folder = Folder::with(SCRIPT);
    let end = folder.run("--log-output file=none/run.log").await.code(255);
    end.says(&["--log-output: none/run.log could not be opened"]);
    let end = folder.run("--console-output none/console.txt").await.code(255).shows_nothing();
    end.says(&["--console-output: none/console.txt could not be opened"]).says_nothing_of(&["in a VU"]);
    let end = folder.run("--log-output loki=http://localhost:3100").await.code(255);
    end.says(&["--log-output loki=http://localhost:3100: loki is not supported"]);
}

/// The process ends at once, and what was logged until then is in the files.
#[cfg(unix)]
#[tokio::test]
async fn nothing_is_lost_at_the_second_signal() {
    let folder = Folder::with(
        "import { sleep } from 'k6';
         export default function () { console.log('begun'); sleep(3600); }
         export function teardown() { console.log('teardown'); while (true) {} }",
    );
    let (log, console) = (folder.path("run.log"), folder.path("console.txt"));
    let wait = async |path: &std::path::Path, text: &str| {
        let arrival = async {
            while !std::fs::read_to_string(path).unwrap_or_default().contains(text) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(crate::support::PATIENCE, arrival).await.expect("the line in time");
    };
    let running = folder.start("--log-output file=run.log --console-output console.txt");
    wait(&console, "begun").await;
    running.signal("INT");
    wait(&console, "teardown").await;
    // A signal that comes sooner would count as an echo of the first.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    running.signal("INT");
    // The folder goes with the program's end.
    wait(&log, "ended at once because of SIGINT").await;
    running.finish().await.code(105);
}
