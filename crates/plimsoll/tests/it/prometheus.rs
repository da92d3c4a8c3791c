//! A real Prometheus: what is pushed to it, and what the dashboards ask it.

use serde_json::Value;

use crate::support::database::Database;
use crate::support::{Folder, finish, repository};

/// A server whose answers take from 2 to 42 ms, every tenth a failure; 100 requests per second for 12 s.
const SCRIPT: &str = "import http from 'k6/http';
     import { check } from 'k6';
     export const options = {
       systemTags: ['scenario', 'name', 'method', 'check'],
       summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'count'],
       scenarios: { steady: {
         executor: 'constant-arrival-rate', rate: 100, duration: '12s', preAllocatedVUs: 20,
       } },
     };
     export default function () {
       const res = http.get(__ENV.URL);
       check(res, { 'is 200': (r) => r.status === 200 });
     }";

/// A Prometheus that has a run, and what the run says of itself.
struct Seen {
    prometheus: Database,
    export: Value,
    /// When the last sample was taken, in seconds since 1970.
    end: f64,
}

async fn run(flags: &str, variables: &[(&str, &str)]) -> Seen {
    let prometheus = Database::prometheus().await;
    let url = slow::server().await;
    let folder = Folder::with(SCRIPT);
    let address = prometheus.address;
    let mut command = folder.command(&format!(
        "run --quiet -e URL={url} --out experimental-prometheus-rw=http://{address}/api/v1/write
         --summary-export export.json {flags} test.js"
    ));
    command.env("K6_PROMETHEUS_RW_PUSH_INTERVAL", "1s").envs(variables.iter().copied());
    finish(command).await.code(0).says_nothing_of(&["not written", "cannot push"]);
    let export = serde_json::from_str(&folder.read("export.json")).expect("JSON");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let latest = prometheus.query("max(timestamp(k6_http_reqs_total))", now.as_secs_f64()).await;
    Seen { prometheus, export, end: latest[0].1 }
}

impl Seen {
    /// The one value of an expression.
    async fn one(&self, expression: &str) -> f64 {
        let values = self.prometheus.query(expression, self.end).await;
        assert_eq!(values.len(), 1, "{expression}: {values:?}");
        values[0].1
    }

    fn own(&self, metric: &str, value: &str) -> f64 {
        self.export["metrics"][metric][value].as_f64().unwrap_or_else(|| panic!("{metric} {value}"))
    }
}

#[track_caller]
fn assert_near(got: f64, own: f64, share: f64, what: &str) {
    assert!((got - own).abs() <= own.abs() * share, "{what}: {got} in Prometheus, {own} in the summary");
}

#[tokio::test]
async fn the_specifications_six_expressions_answer() {
    let seen = run("", &[]).await;
    let expressions = expressions("four-panels.json");
    assert_eq!(expressions.len(), 6);
    // The run is shorter than the minute of the panels.
    let mut values = Vec::new();
    for expression in &expressions {
        values.push(seen.one(&expression.replace("[1m]", "[8s]")).await);
    }
    let [requests, p50, p95, p99, errors, vus] = values[..] else { panic!("six values: {values:?}") };
    assert_near(requests, 100.0, 0.01, "requests per second");
    assert_near(errors, 10.0, 0.03, "percent of errors");
    assert!((1.0..=20.0).contains(&vus), "{vus} virtual users");
    for (value, stat) in [(p50, "p(50)"), (p95, "p(95)"), (p99, "p(99)")] {
        // The last seconds are not the whole run.
        assert_near(value * 1e3, seen.own("http_req_duration", stat), 0.25, stat);
    }
    // Over the whole run the figures are the summary's.
    for (q, stat) in [(0.50, "p(50)"), (0.95, "p(95)"), (0.99, "p(99)")] {
        let whole = seen.one(&format!("histogram_quantile({q}, k6_http_req_duration_bucket)")).await;
        assert_near(whole * 1e3, seen.own("http_req_duration", stat), 0.02, stat);
    }
    let whole = seen.one("k6_http_req_failed_total / k6_http_reqs_total").await;
    assert_near(whole, seen.own("http_req_failed", "value"), 1e-9, "share of failures");
    for (series, metric, value) in [
        ("k6_http_reqs_total", "http_reqs", "count"),
        ("k6_http_req_duration_count", "http_req_duration", "count"),
        ("k6_iterations_total", "iterations", "count"),
        ("k6_http_req_failed_rate", "http_req_failed", "value"),
        ("k6_checks_rate", "checks", "value"),
        ("sum(k6_data_received_total)", "data_received", "count"),
    ] {
        assert_near(seen.one(series).await, seen.own(metric, value), 1e-9, series);
    }
    let p99 = seen.one("k6_http_req_duration_p99").await;
    assert_near(p99 * 1e3, seen.own("http_req_duration", "p(99)"), 1e-9, "k6's own p99");
}

#[tokio::test]
async fn every_expression_of_the_dashboards_has_an_answer() {
    let seen = run("", &[]).await;
    let all = expressions("four-panels.json").into_iter().chain(expressions("complete.json"));
    let mut asked = 0;
    for expression in all {
        let now =
            expression.replace("$__rate_interval", "8s").replace("[1m]", "[8s]").replace("$scenario", ".*");
        let values = seen.prometheus.query(&now, seen.end).await;
        // Nothing was dropped.
        assert!(!values.is_empty() || now.contains("k6_dropped_iterations_total"), "{now} has no answer");
        asked += 1;
    }
    assert!(asked > 20, "only {asked} expressions were found");
}

#[tokio::test]
async fn native_histograms_have_the_summarys_quantiles() {
    let variables =
        [("K6_PROMETHEUS_RW_STALE_MARKERS", "false"), ("PLIMSOLL_PROMETHEUS_RW_HISTOGRAMS", "none")];
    let seen = run("--features native-histograms", &variables).await;
    for (q, stat) in [(0.50, "p(50)"), (0.95, "p(95)"), (0.99, "p(99)")] {
        let value = seen.one(&format!("histogram_quantile({q}, k6_http_req_duration_seconds)")).await;
        assert_near(value * 1e3, seen.own("http_req_duration", stat), 0.02, stat);
    }
    let count = seen.one("histogram_count(k6_http_req_duration_seconds)").await;
    assert_near(count, seen.own("http_req_duration", "count"), 1e-9, "count");
    for absent in ["k6_http_req_duration_p99", "k6_http_req_duration_bucket"] {
        assert!(seen.prometheus.query(absent, seen.end).await.is_empty(), "{absent}");
    }
}

/// The expressions of a dashboard, in the order of its panels.
fn expressions(dashboard: &str) -> Vec<String> {
    let path = repository("dashboards/grafana").join(dashboard);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().expect("targets").iter());
    targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect()
}

/// A server with a spread of response times.
mod slow {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    pub(super) async fn server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(AtomicU64::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&requests)));
            }
        });
        format!("http://{address}/")
    }

    async fn serve(stream: TcpStream, requests: Arc<AtomicU64>) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
            }
            let number = requests.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(2 + number * 7 % 41)).await;
            let status = if number.is_multiple_of(10) { "500 Oops" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}
