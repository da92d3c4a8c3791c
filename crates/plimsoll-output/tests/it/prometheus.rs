//! Pushes of totals to a server that is not well.

use std::time::Duration;

use plimsoll_output::settings::Variables;
use plimsoll_output::{Manager, OutputReport, OutputSpec, RunEnd};
use prost::Message as _;

use crate::server::Server;
use crate::support::{Announced, batch, run_start};

/// What is read of a request.
#[derive(prost::Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(prost::Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(prost::Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Copy, prost::Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

/// The values of `k6_iterations_total` in each request, oldest first.
fn iterations(server: &Server) -> Vec<Vec<f64>> {
    let values = |body: &[u8]| {
        let message = snap::raw::Decoder::new().decompress_vec(body).expect("snappy");
        let request = WriteRequest::decode(message.as_slice()).expect("a message");
        let is_meant = |series: &TimeSeries| {
            series.labels.iter().any(|label| label.name == "__name__" && label.value == "k6_iterations_total")
        };
        let found = request.timeseries.iter().find(|series| is_meant(series)).expect("it is there");
        assert!(found.samples.is_sorted_by_key(|sample| sample.timestamp));
        found.samples.iter().map(|sample| sample.value).collect()
    };
    server.requests().iter().map(|request| values(&request.body)).collect()
}

async fn push(server: &Server, variables: &[(&str, &str)]) -> (OutputReport, Vec<String>) {
    push_all(server, variables, &[7]).await
}

/// Sends batches of so many samples, so far apart that each is a tick of its own.
async fn push_all(
    server: &Server,
    variables: &[(&str, &str)],
    batches: &[usize],
) -> (OutputReport, Vec<String>) {
    let variables: Variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let argument = format!("experimental-prometheus-rw=http://me:pass@{}/push?tenant=1", server.address);
    let output = OutputSpec::parse(&argument, &variables).expect("valid").build();
    assert_eq!(output.describe(), format!("Prometheus remote write (http://{}/push)", server.address));
    let announced = Announced::default();
    let manager =
        Manager::start(vec![output], run_start(&[]), announced.listener()).await.expect("it starts");
    for (place, samples) in batches.iter().enumerate() {
        if place > 0 {
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        manager.sender().send(batch(*samples));
    }
    let mut reports = manager.finish(RunEnd::default()).await;
    (reports.remove(0), announced.list())
}

#[tokio::test]
async fn totals_are_pushed_at_the_end_with_everything_the_protocol_wants() {
    let server = Server::start().await;
    let variables =
        [("K6_PROMETHEUS_RW_HTTP_HEADERS", "X-Scope-OrgID: me"), ("K6_PROMETHEUS_RW_HEADERS_X-More", "1")];
    let (report, announced) = push(&server, &variables).await;
    assert_eq!((report.written, report.lost, announced.len()), (7, 0, 0));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].line.starts_with("POST /push?tenant=1 "), "{}", requests[0].line);
    for (name, value) in [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        ("authorization", "Basic bWU6cGFzcw=="),
        ("x-scope-orgid", "me"),
        ("x-more", "1"),
    ] {
        assert_eq!(requests[0].header(name), value);
    }
    let message = snap::raw::Decoder::new().decompress_vec(&requests[0].body).expect("snappy");
    let text = String::from_utf8_lossy(&message);
    assert!(text.contains("k6_iterations_total"), "{text}");
}

#[tokio::test]
async fn a_push_that_is_refused_loses_its_samples_and_says_why() {
    let server = Server::start().await;
    server.answer(400, "out of order, pass", 9);
    let (report, announced) = push(&server, &[]).await;
    assert_eq!((report.written, report.lost), (0, 7));
    assert_eq!(server.requests().len(), 1, "it is not repeated");
    assert_eq!(announced.len(), 1);
    assert!(announced[0].contains("): Lost: cannot push to"), "{announced:?}");
    assert!(announced[0].ends_with("it answered 400: out of order, (hidden)"), "{announced:?}");
}

/// A push that is given up after its first attempt.
const HASTY: (&str, &str) = ("K6_PROMETHEUS_RW_PUSH_INTERVAL", "100ms");

#[tokio::test]
async fn a_counter_begins_with_zero_in_the_first_push_that_arrives() {
    let server = Server::start().await;
    server.answer(503, "", 1);
    let (report, announced) = push_all(&server, &[HASTY], &[7, 5, 3]).await;
    assert_eq!((report.written, report.lost), (15, 0));
    assert_eq!(iterations(&server), [vec![0.0, 7.0], vec![0.0, 12.0], vec![15.0]]);
    assert_eq!(announced.len(), 2, "{announced:?}");
    assert!(announced[0].contains("): MadeUp: cannot push to"), "{announced:?}");
    assert!(announced[1].ends_with(": recovered"), "{announced:?}");
}

/// A server that has had a push whose answer got lost takes a zero that is repeated for out of order.
#[tokio::test]
async fn what_a_server_refuses_for_being_repeated_is_pushed_without() {
    let server = Server::start().await;
    server.answer(504, "", 1);
    server.answer(400, "out of order sample", 1);
    let (report, _) = push_all(&server, &[HASTY], &[7, 5]).await;
    assert_eq!((report.written, report.lost), (12, 0));
    assert_eq!(iterations(&server), [vec![0.0, 7.0], vec![0.0, 12.0], vec![12.0]]);
}

#[tokio::test]
async fn a_server_that_recovers_loses_nothing() {
    let server = Server::start().await;
    server.answer(503, "", 2);
    let (report, announced) = push(&server, &[("K6_PROMETHEUS_RW_STALE_MARKERS", "true")]).await;
    assert_eq!((report.written, report.lost, announced.len()), (7, 0, 0), "{announced:?}");
    assert_eq!(server.requests().len(), 4, "two attempts, one that was taken, and the end of the series");
}
