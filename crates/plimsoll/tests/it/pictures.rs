//! The report and the dashboard as a reader sees them, in Chromium. Pictures are left in `target/pictures`.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::{Folder, PATIENCE, repository, server, sockets};

const JOURNEY: &str = "
    import http from 'k6/http';
    import { check, sleep } from 'k6';
    export const options = {
        scenarios: {
            browse: { executor: 'constant-vus', vus: 3, duration: '4s' },
            arrive: { executor: 'constant-arrival-rate', rate: 20, duration: '3s', startTime: '1s',
                preAllocatedVUs: 2, maxVUs: 3 },
        },
        thresholds: { http_req_duration: ['p(95)<10000'], http_req_failed: ['rate<0.0001'] },
    };
    export default function () {
        const health = http.get(`${__ENV.BASE_URL}/health`);
        check(health, { 'is healthy': (response) => response.status === 200 });
        if (__ITER % 5 === 4) http.get(`${__ENV.BASE_URL}/nowhere/${__VU}`);
        sleep(0.05);
    }";

/// A short run that is over before anything can be drawn twice.
const SECOND: &str = "
    import http from 'k6/http';
    export const options = { vus: 1, duration: '1s' };
    export default function () { http.get(`${__ENV.BASE_URL}/health`); }";

fn pictures() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| repository("target")).join("pictures")
}

/// What the browser noticed of each page.
async fn look(pages: Value) -> Vec<Value> {
    let job = json!({ "folder": pictures(), "pages": pages }).to_string();
    let mut node = Command::new("node");
    node.arg(repository("crates/plimsoll/tests/browser/look.mjs")).arg(job);
    node.env("PACKAGES", sockets::packages()).kill_on_drop(true);
    let output = timeout(2 * PATIENCE, node.output()).await.expect("in time").expect("node is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "look.mjs: {said} (run `cargo xtask services`)");
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[track_caller]
fn is_sound(page: &Value, origin: &str) {
    let what = format!("{} {} {}", page["name"], page["scheme"], page["width"]);
    let texts = |name: &str| -> Vec<String> {
        let list = page[name].as_array().expect("a list");
        list.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    };
    let outside: Vec<_> = texts("requests").into_iter().filter(|url| !url.starts_with(origin)).collect();
    assert!(outside.is_empty(), "{what}: requests leave the page: {outside:?}");
    assert_eq!(texts("errors"), [""; 0], "{what}: the console");
    assert_eq!(texts("violations"), [""; 0], "{what}: axe-core");
    let drawings = page["drawings"].as_array().expect("a list");
    assert!(drawings.len() >= 4, "{what}: {} drawings", drawings.len());
    for drawing in drawings {
        assert!(drawing["marks"].as_u64() > Some(0), "{what}: {drawing} is empty");
    }
    assert!(page["smallest"].as_f64() >= Some(9.0), "{what}: texts of {} pixels", page["smallest"]);
    assert!(page["overflow"].as_f64() <= Some(0.0), "{what}: the page is wider than the window");
}

#[tokio::test]
async fn reports_are_sound_in_light_and_dark_wide_and_narrow() {
    let desk = server::desk().await;
    let folder = Folder::with(JOURNEY);
    folder.write("second.js", SECOND);
    let base = format!("--env BASE_URL={}", desk.url());
    folder.run(&format!("{base} --report journey.html")).await.code(99);
    folder.plimsoll(&format!("run --quiet {base} --report second.html second.js")).await.code(0);
    desk.shutdown().await;
    let url = |name: &str| format!("file://{}", folder.path(name).display());
    let pages = json!([
        { "name": "report", "url": url("journey.html") },
        { "name": "report-of-a-second", "url": url("second.html") },
    ]);
    let seen = look(pages).await;
    assert_eq!(seen.len(), 8);
    for page in &seen {
        is_sound(page, "file://");
    }
    assert!(seen[0]["title"].as_str().is_some_and(|title| title.starts_with("failed:")), "{}", seen[0]);
}

#[tokio::test]
async fn the_dashboard_follows_the_run_and_keeps_its_end() {
    let desk = server::desk().await;
    let address = server::reserved();
    let run = Folder::with(JOURNEY)
        .start(&format!("--env BASE_URL={} --dashboard={address} --duration 8s --vus 3", desk.url()));
    let url = format!("http://{address}/");
    let mut tries = 0;
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        tries += 1;
        assert!(tries < 1_000, "nobody listens at {address}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let over = "document.getElementById('state').className === 'live over'";
    let seen = look(json!([{ "name": "live", "url": url, "until": over, "once": true }])).await;
    run.finish().await.code(99);
    desk.shutdown().await;
    is_sound(&seen[0], &url);
    assert!(seen[0]["title"].as_str().is_some_and(|title| title.starts_with("over:")), "{}", seen[0]);
}
