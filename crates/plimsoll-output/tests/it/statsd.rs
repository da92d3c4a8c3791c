//! What a StatsD server receives.

use std::time::Duration;

use plimsoll_metrics::{SampleBatch, builtin};
use plimsoll_output::settings::Variables;
use plimsoll_output::{Manager, OutputReport, OutputSpec, RunEnd};
use tokio::net::UdpSocket;

use crate::support::{Announced, batch, record, run_start, shard};

async fn send(address: &str, variables: &[(&str, &str)], batches: Vec<SampleBatch>) -> OutputReport {
    let mut all: Variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.insert("K6_STATSD_ADDR".to_owned(), address.to_owned());
    let output = OutputSpec::parse("statsd", &all).expect("valid").build();
    let listener = Announced::default().listener();
    let manager = Manager::start(vec![output], run_start(&[]), listener).await.expect("it starts");
    batches.into_iter().for_each(|batch| manager.sender().send(batch));
    manager.finish(RunEnd::default()).await.remove(0)
}

async fn receive(socket: &UdpSocket) -> String {
    let mut packet = [0; 2_000];
    let received = tokio::time::timeout(Duration::from_secs(20), socket.recv(&mut packet)).await;
    let length = received.expect("in time").expect("a packet");
    String::from_utf8_lossy(&packet[..length]).into_owned()
}

fn samples() -> SampleBatch {
    let mut shard = shard();
    let tags = [("method", "GET"), ("url", "http://h/"), ("a|b", "c,d"), ("error", "")];
    record(&mut shard, builtin::HTTP_REQS, &tags, 1.0);
    record(&mut shard, builtin::HTTP_REQ_DURATION, &tags, 1.25);
    record(&mut shard, builtin::VUS, &[], 3.0);
    record(&mut shard, builtin::HTTP_REQ_FAILED, &[], 1.0);
    record(&mut shard, builtin::CHECKS, &[("check", "status: 200")], 0.0);
    record(&mut shard, builtin::CHECKS, &[("check", "is ok")], 1.0);
    shard.take_raw().expect("on")
}

#[tokio::test]
async fn lines_are_k6s() {
    let server = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = server.local_addr().expect("an address").to_string();
    let report = send(&address, &[], vec![samples()]).await;
    assert_eq!((report.written, report.lost), (6, 0));
    assert_eq!(
        receive(&server).await,
        "k6.http_reqs:1|c\nk6.http_req_duration:1.25|ms\nk6.vus:3|g\nk6.http_req_failed:1|c\n\
         k6.check.status_ 200.fail:1|c\nk6.check.is ok.pass:1|c"
    );
    let variables =
        [("K6_STATSD_ENABLE_TAGS", "true"), ("K6_STATSD_NAMESPACE", "load."), ("K6_STATSD_BUFFER_SIZE", "1")];
    send(&address, &variables, vec![samples()]).await;
    assert_eq!(receive(&server).await, "load.http_reqs:1|c|#a_b:c_d,method:GET");
    assert_eq!(receive(&server).await, "load.http_req_duration:1.25|ms|#a_b:c_d,method:GET");
    assert_eq!(receive(&server).await, "load.vus:3|g");
}

#[tokio::test]
async fn a_name_leads_to_ipv4_where_it_can() {
    let server = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let port = server.local_addr().expect("an address").port();
    send(&format!("localhost:{port}"), &[], vec![batch(1)]).await;
    assert_eq!(receive(&server).await, "k6.iterations:1|c");
}

#[tokio::test]
async fn packets_are_bounded_by_samples_and_by_bytes() {
    let server = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = server.local_addr().expect("an address").to_string();
    send(&address, &[("K6_STATSD_BUFFER_SIZE", "1000")], vec![batch(200)]).await;
    let mut lines = 0;
    while lines < 200 {
        let packet = receive(&server).await;
        assert!(packet.len() <= 1_432, "{} bytes", packet.len());
        lines += packet.lines().filter(|line| *line == "k6.iterations:1|c").count();
    }
    assert_eq!(lines, 200);
}

#[test]
fn settings_are_checked() {
    let variables: Variables = [("K6_STATSD_ADDR", "h"), ("K6_STATSD_BUFFER_SIZE", "0")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let problems = OutputSpec::parse("statsd", &variables).expect_err("two problems");
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(
        problems[0].to_string(),
        "output 'statsd': K6_STATSD_ADDR is 'h', expected an address such as localhost:8125"
    );
}
