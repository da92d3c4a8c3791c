//! Servers that are not there, answer nonsense, answer a lot, or go away.

use crate::support::{Folder, run, server};

#[tokio::test]
async fn nobody_listens() {
    let addr = server::nobody().await;
    let script = format!(
        "import http from 'k6/http';
        export const options = {{ iterations: 3, thresholds: {{ http_req_failed: ['rate<0.01'] }} }};
        export default function () {{
            const res = http.get('http://{addr}/');
            console.log(`code ${{res.error_code}} status ${{res.status}}: ${{res.error}}`);
        }}"
    );
    let end = run(&script).await.code(99);
    assert_eq!(end.row("http_req_failed"), "100.00% 3 out of 3");
    end.says(&[
        "code 1212 status 0: dial: connection refused",
        "Request Failed",
        "thresholds on metrics 'http_req_failed' have been crossed",
    ])
    .shows(&[
        "✗ 'rate<0.01' rate=100.00%",
        "FAILED REQUESTS",
        "1212  dial: connection refused",
        "✗ failed: of 1 threshold, 1 crossed",
    ]);
}

#[tokio::test]
async fn json_that_is_none() {
    let addr = server::answers("application/json", "{\"tickets\": [1, 2,, 3]}").await;
    let script = format!(
        "import http from 'k6/http';
        export default function () {{
            console.log('got ' + http.get('http://{addr}/').json().tickets);
        }}"
    );
    let end = run(&script).await.code(0).says_nothing_of(&["got "]);
    let end = end.says(&["level=error", "line 1, character 19", "at default (file:///", "test.js:3:"]);
    assert_eq!(end.row("http_req_failed"), "0.00% 0 out of 1");
}

#[tokio::test]
async fn a_body_of_100_megabytes() {
    const SIZE: usize = 100 << 20;
    let addr = server::answers("application/octet-stream", vec![b'x'; SIZE]).await;
    let script = format!(
        "import http from 'k6/http';
        export default function () {{
            const res = http.get('http://{addr}/', {{ responseType: 'text' }});
            console.log(`${{res.status}} with ${{res.body.length}} bytes`);
        }}
        export function teardown() {{ console.log('torn down'); while (!__ENV.NOTHING) {{ }} }}"
    );
    let mut run = Folder::with(&script).start("--duration 1s");
    run.says(&format!("200 with {SIZE} bytes")).await;
    let peak = peak_memory_mb(run.process());
    run.signal("KILL");
    // The bytes as received and as JavaScript's text, and no third copy.
    assert!(peak < 300, "{peak} MB for a body of 100 MB");
}

/// The most memory that a process has used, in megabytes.
#[cfg(target_os = "linux")]
fn peak_memory_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("kilobytes");
    kilobytes / 1024
}

#[cfg(not(target_os = "linux"))]
fn peak_memory_mb(_: u32) -> u64 {
    0
}

#[tokio::test]
async fn the_target_stops_in_the_middle_of_a_run() {
    let desk = server::desk().await;
    let script = format!(
        "import http from 'k6/http';
        import {{ sleep }} from 'k6';
        export const options = {{
            vus: 2, duration: '3s',
            thresholds: {{ http_req_failed: ['rate<0.01'], http_req_duration: ['p(95)<500'] }},
        }};
        export function setup() {{ console.log('about to start'); }}
        export default function () {{ http.get('{}/health'); sleep(0.05); }}",
        desk.url()
    );
    let mut run = Folder::with(&script).start("");
    run.says("about to start").await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    desk.shutdown().await;
    let end = run.finish().await.code(99);
    assert!(end.count("http_reqs") > 20, "{end}");
    let end = end.says(&["thresholds on metrics 'http_req_failed' have been crossed"]).shows(&[
        "✗ 'rate<0.01'",
        "✓ 'p(95)<500'",
        "FAILED REQUESTS",
        "1212  dial: connection refused",
        "no response arrived after ",
        "did the target stop?",
    ]);
    let row = end.stdout.lines().find(|line| line.contains("1212  dial")).expect("shown above");
    assert!(row.contains("s to "), "when it began and ended: {row}");
}
