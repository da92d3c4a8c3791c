//! What a collector of OpenTelemetry receives, over gRPC and over HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

use crate::support::database::ask;
use crate::support::sockets::Servers;
use crate::support::{Folder, finish, server};

const SCRIPT: &str = "import http from 'k6/http';
     import { check } from 'k6';
     export const options = { vus: 2, iterations: 50 };
     export default function () {
       const res = http.get(__ENV.URL);
       check(res, { 'is 200': (r) => r.status === 200, 'is long': (r) => r.body.length > 100 });
     }";

/// What the collector has got when the run is over.
async fn run(protocol: &str, variables: &[(&str, &str)]) -> Value {
    let mut collector = Servers::otlp().await;
    let grpc = collector.says("grpc ").await.replace("grpc ", "127.0.0.1:");
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(SCRIPT);
    let mut command =
        folder.command(&format!("run --quiet -e URL=http://{address} --out opentelemetry test.js"));
    command.env("K6_OTEL_EXPORTER_PROTOCOL", protocol).envs(variables.iter().copied());
    command.env("K6_OTEL_GRPC_EXPORTER_ENDPOINT", grpc).env("K6_OTEL_GRPC_EXPORTER_INSECURE", "true");
    command.env("K6_OTEL_HTTP_EXPORTER_ENDPOINT", format!("127.0.0.1:{}", collector.port));
    command.env("K6_OTEL_HTTP_EXPORTER_INSECURE", "true").env("K6_OTEL_HEADERS", "x-tenant=me");
    finish(command).await.code(0).says_nothing_of(&["not written", "cannot push"]);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, collector.port));
    let answer = ask(address, "/last").await.expect("an answer");
    serde_json::from_str(&answer).expect("JSON")
}

/// The sum of a metric's points, which JSON has as texts where they are whole.
fn total(metric: &Value, only: Option<&str>) -> f64 {
    let points = metric["sum"]["dataPoints"].as_array().expect("points").iter();
    let points =
        points.filter(|point| only.is_none_or(|only| point["attributes"].to_string().contains(only)));
    let number = |point: &Value| {
        point["asDouble"].as_f64().or_else(|| point["asInt"].as_str()?.parse().ok()).expect("a number")
    };
    points.map(number).sum()
}

fn histogram_count(histogram: &Value) -> u64 {
    let points = histogram["dataPoints"].as_array().expect("points").iter();
    points
        .map(|point| point["count"].as_str().and_then(|count| count.parse::<u64>().ok()).expect("a count"))
        .sum()
}

#[tokio::test]
async fn a_collector_has_the_totals_over_grpc() {
    let last = run("grpc", &[("K6_OTEL_SERVICE_NAME", "desk")]).await;
    assert_eq!((&last["how"], &last["headers"]["x-tenant"]), (&"grpc".into(), &"me".into()));
    assert_eq!(last["resource"]["service.name"], "desk");
    let metrics = &last["metrics"];
    assert!((total(&metrics["http_reqs"], None) - 50.0).abs() < 1e-9, "{metrics}");
    assert!((total(&metrics["iterations"], None) - 50.0).abs() < 1e-9);
    assert!((total(&metrics["checks.total"], Some("\"nonzero\"")) - 50.0).abs() < 1e-9);
    assert!((total(&metrics["checks.total"], Some("\"zero\"")) - 50.0).abs() < 1e-9);
    assert_eq!(metrics["http_reqs"]["sum"]["aggregationTemporality"], "AGGREGATION_TEMPORALITY_CUMULATIVE");
    let duration = &metrics["http_req_duration"];
    assert_eq!((&duration["unit"], histogram_count(&duration["histogram"])), (&"ms".into(), 50));
    assert_eq!(duration["histogram"]["dataPoints"][0]["explicitBounds"].as_array().map(Vec::len), Some(15));
}

#[tokio::test]
async fn a_collector_has_the_totals_over_http() {
    let variables = [("K6_OTEL_METRIC_PREFIX", "k6_"), ("PLIMSOLL_OTEL_EXPONENTIAL_HISTOGRAMS", "true")];
    let last = run("http/protobuf", &variables).await;
    assert_eq!((&last["how"], &last["headers"]["x-tenant"]), (&"http /v1/metrics".into(), &"me".into()));
    let metrics = &last["metrics"];
    assert!((total(&metrics["k6_http_reqs"], None) - 50.0).abs() < 1e-9, "{metrics}");
    let duration = &metrics["k6_http_req_duration"]["exponentialHistogram"];
    assert_eq!(histogram_count(duration), 50);
    assert_eq!(duration["dataPoints"][0]["scale"], 6);
}
