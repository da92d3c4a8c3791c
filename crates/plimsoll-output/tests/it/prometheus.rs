//! Pushes of totals to a server that is not well.

use plimsoll_output::settings::Variables;
use plimsoll_output::{Manager, OutputReport, OutputSpec, RunEnd};

use crate::server::Server;
use crate::support::{Announced, batch, run_start};

async fn push(server: &Server, variables: &[(&str, &str)]) -> (OutputReport, Vec<String>) {
    let variables: Variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let argument = format!("experimental-prometheus-rw=http://me:pass@{}/push?tenant=1", server.address);
    let output = OutputSpec::parse(&argument, &variables).expect("valid").build();
    assert_eq!(output.describe(), format!("Prometheus remote write (http://{}/push)", server.address));
    let announced = Announced::default();
    let manager =
        Manager::start(vec![output], run_start(&[]), announced.listener()).await.expect("it starts");
    manager.sender().send(batch(7));
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
    assert!(announced[0].ends_with("it answered 400: out of order, (hidden)"), "{announced:?}");
}

#[tokio::test]
async fn a_server_that_recovers_loses_nothing() {
    let server = Server::start().await;
    server.answer(503, "", 2);
    let (report, announced) = push(&server, &[("K6_PROMETHEUS_RW_STALE_MARKERS", "true")]).await;
    assert_eq!((report.written, report.lost, announced.len()), (7, 0, 0), "{announced:?}");
    assert_eq!(server.requests().len(), 4, "two attempts, one that was taken, and the end of the series");
}
