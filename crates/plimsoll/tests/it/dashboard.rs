//! The dashboard as a program reads it: what is asked of it, and what is left when the run has ended.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Folder, PATIENCE, finish, server};

const SCRIPT: &str = "
    export const options = { iterations: 3, thresholds: { iterations: ['count>5'] } };
    export default function () {}";

/// The body of an answer.
async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("in time").expect("text");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    answer.split_once("\r\n\r\n").expect("a head and a body").1.to_owned()
}

#[tokio::test]
async fn who_lingers_serves_the_final_report() {
    let address = server::reserved();
    let mut run = Folder::with(SCRIPT).start(&format!("--dashboard={address} --linger --report run.html"));
    run.says("lingering until").await;
    let (report, page) = (get(&address, "/report").await, get(&address, "/").await);
    run.signal("INT");
    let (end, folder) = run.finish_and_leave().await;
    end.code(99);
    assert_eq!(report, folder.read("run.html"), "the report that the run wrote");
    assert!(page.contains("Failed: of 1 threshold, 1 crossed"), "{page}");
}

#[tokio::test]
async fn what_has_no_effect_is_told_and_what_is_no_option_is_refused() {
    let folder = Folder::with(SCRIPT);
    let mut command = folder.command("run --quiet --out web-dashboard=port=-1&tag=name&open=0 test.js");
    command.env("K6_WEB_DASHBOARD_RECORD", "run.ndjson").env("K6_WEB_DASHBOARD_EXPORT", "report.html.gz");
    let end = finish(command).await.code(99);
    end.says(&[
        "K6_WEB_DASHBOARD_RECORD has no effect: every run leaves a record",
        "--out web-dashboard=tag=name has no effect",
    ]);
    let compressed = std::fs::read(folder.path("report.html.gz")).expect("the report");
    assert_eq!(compressed[..2], [0x1f, 0x8b], "gzip's first bytes");

    let refused = folder.plimsoll("run --quiet --out web-dashboard=prot=1&open=2 test.js").await.code(104);
    refused.says(&[
        "--out web-dashboard=prot=1: the dashboard has no option 'prot' (did you mean 'port'?); it has: ",
        "open of the dashboard: must be true or false, got '2'",
    ]);
}
