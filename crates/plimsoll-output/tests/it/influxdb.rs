//! The line protocol, as a server gets it, and what happens when the server is not well.

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll_metrics::{SampleContext, builtin};
use plimsoll_output::settings::Variables;
use plimsoll_output::{Manager, OutputSpec, RunEnd};

use crate::server::Server;
use crate::support::{Announced, batch, record, record_with, run_start, shard, write};

#[tokio::test]
async fn points_are_k6s() {
    let server = Server::start().await;
    let mut shard = shard();
    let tags = [("method", "GET"), ("name", "http://h/{id}"), ("url", "http://h/{id}"), ("error", "")];
    let context = SampleContext { url: Some(Arc::from("http://h/1?a=b c")), metadata: None };
    record_with(&mut shard, builtin::HTTP_REQS, &tags, 1.0, &context);
    record(&mut shard, builtin::HTTP_REQ_DURATION, &tags, 1.25);
    record(&mut shard, builtin::CHECKS, &[("check", "a, b=c")], 0.0);
    let argument = format!("influxdb=http://me:pass@{}/load?retention=week", server.address);
    write(&argument, run_start(&[]), vec![shard.take_raw().expect("on")], RunEnd::default()).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(requests[0].line.starts_with("POST /query?q=CREATE%20DATABASE%20%22load%22 "), "{requests:?}");
    assert!(requests[1].line.starts_with("POST /write?db=load&precision=ns&rp=week "), "{requests:?}");
    assert!(requests.iter().all(|request| request.header("authorization") == "Basic bWU6cGFzcw=="));
    assert_eq!(
        requests[1].text(),
        "http_reqs,method=GET,name=http://h/1?a\\=b\\ c value=1,url=\"http://h/1?a=b c\" \
         1795420761675414644\n\
         http_req_duration,method=GET,name=http://h/{id} value=1.25,url=\"http://h/{id}\" 1795420761675414644\n\
         checks,check=a\\,\\ b\\=c value=0 1795420761675414644\n"
    );
}

#[tokio::test]
async fn no_two_points_of_a_series_have_one_time() {
    let server = Server::start().await;
    let argument = format!("influxdb=http://{}/k6", server.address);
    // Samples of one instant, more than go into one request.
    write(&argument, run_start(&[]), vec![batch(700); 20], RunEnd::default()).await;
    let bodies = server.bodies("/write");
    let text: String = bodies.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect();
    assert_eq!(text.lines().count(), 14_000);
    assert_eq!(text.lines().collect::<BTreeSet<_>>().len(), 14_000);
}

#[tokio::test]
async fn version_2_has_a_token() {
    let server = Server::start().await;
    let variables: Variables = [
        ("K6_INFLUXDB_ADDR", format!("http://{}", server.address)),
        ("K6_INFLUXDB_ORGANIZATION", "org".to_owned()),
        ("K6_INFLUXDB_BUCKET", "load tests".to_owned()),
        ("K6_INFLUXDB_TOKEN", "secret".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let output = OutputSpec::parse("influxdb", &variables).expect("valid").build();
    assert_eq!(output.describe(), format!("InfluxDBv2 (http://{})", server.address));
    let listener = Announced::default().listener();
    let manager = Manager::start(vec![output], run_start(&[]), listener).await.expect("it starts");
    manager.sender().send(batch(3));
    assert_eq!(manager.finish(RunEnd::default()).await[0].lost, 0);
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "no database is made: {requests:?}");
    assert!(
        requests[0].line.starts_with("POST /api/v2/write?org=org&bucket=load%20tests&precision=ns "),
        "{requests:?}"
    );
    assert_eq!(requests[0].header("authorization"), "Token secret");
}

#[tokio::test]
async fn a_server_that_recovers_loses_nothing() {
    let server = Server::start().await;
    server.answer(204, "", 1);
    server.answer(503, "busy", 2);
    let argument = format!("influxdb=http://{}/k6", server.address);
    write(&argument, run_start(&[]), vec![batch(5)], RunEnd::default()).await;
    assert_eq!(server.bodies("/write").len(), 3, "two attempts, and one that was taken");
}

#[tokio::test]
async fn what_a_server_refuses_is_lost_and_told_when_it_begins() {
    let server = Server::start().await;
    server.answer(401, "no entry for secret", 3);
    let announced = Announced::default();
    let argument = format!("influxdb=http://me:secret@{}/k6?concurrentWrites=1", server.address);
    let output = crate::support::output(&argument);
    let manager =
        Manager::start(vec![output], run_start(&[]), announced.listener()).await.expect("it starts");
    for _ in 0..3 {
        manager.sender().send(batch(5));
    }
    let reports = manager.finish(RunEnd::default()).await;
    assert_eq!((reports[0].written, reports[0].lost), (5, 10));
    assert!(reports[0].error.is_none());
    let name = format!("InfluxDBv1 (http://{})", server.address);
    let refused = format!("cannot push to http://{}: it answered 401: no entry for (hidden)", server.address);
    assert_eq!(
        announced.list(),
        [
            format!("{name}: Harmless: {refused}"),
            format!("{name}: Lost: {refused}"),
            format!("{name}: recovered"),
        ],
        "the database could not be made, then samples were lost"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_costs_samples_and_no_time_of_the_run() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    let announced = Announced::default();
    let output = crate::support::output(&format!("influxdb=http://{address}/k6"));
    let manager =
        Manager::start(vec![output], run_start(&[]), announced.listener()).await.expect("it starts");
    manager.sender().send(batch(5));
    let reports = manager.finish(RunEnd::default()).await;
    assert_eq!((reports[0].written, reports[0].lost), (0, 5));
    let list = announced.list();
    assert_eq!(list.len(), 2, "{list:?}");
    for (told, outlook) in list.iter().zip(["Harmless: cannot push", "Lost: cannot push"]) {
        assert!(told.contains(outlook), "{list:?}");
        assert!(told.contains("cannot connect to it: Connection refused"), "{list:?}");
    }
}
