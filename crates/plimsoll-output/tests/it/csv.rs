//! k6's comma-separated values.

use std::fs;
use std::sync::Arc;

use plimsoll_metrics::{SampleContext, Tags, builtin};
use plimsoll_output::RunEnd;

use crate::support::{batch, record, record_with, run_start, shard, write};

const HEAD: &str = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,\
                    name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata";

async fn written(
    option: &str,
    run: plimsoll_output::RunStart,
    shard: &mut plimsoll_metrics::Shard,
) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.csv");
    let argument = format!("csv=fileName={},{option}", path.display());
    write(&argument, run, vec![shard.take_raw().expect("raw samples are on")], RunEnd::default()).await;
    fs::read_to_string(path).expect("the file is there")
}

#[tokio::test]
async fn rows_are_k6s() {
    let mut shard = shard();
    let url = "http://127.0.0.1:8088/?a={}";
    let tags = [
        ("expected_response", "true"),
        ("group", "::g1"),
        ("method", "GET"),
        ("name", url),
        ("proto", "HTTP/1.1"),
        ("scenario", "default"),
        ("status", "200"),
        ("url", url),
        ("t1", "v1"),
        ("foo", "bar"),
    ];
    let raw = SampleContext { url: Some(Arc::from("http://127.0.0.1:8088/?a=1")), metadata: None };
    record_with(&mut shard, builtin::HTTP_REQ_DURATION, &tags, 1.124_031_4, &raw);
    let metadata = Some(Tags::from_iter([("vu", "1"), ("iter", "0")]));
    let context = SampleContext { url: None, metadata };
    record_with(&mut shard, builtin::CHECKS, &[("check", "is \"200\", or so")], 1.0, &context);
    let text = written("timeFormat=unix", run_start(&[]), &mut shard).await;
    let rows: Vec<_> = text.lines().collect();
    assert_eq!(
        rows,
        [
            HEAD,
            "http_req_duration,1795420761,1.124031,,,,true,::g1,GET,http://127.0.0.1:8088/?a=1,HTTP/1.1,\
             default,,200,,,http://127.0.0.1:8088/?a=1,foo=bar&t1=v1,",
            "checks,1795420761,1.000000,\"is \"\"200\"\", or so\",,,,,,,,,,,,,,,iter=0&vu=1",
        ]
    );
}

#[tokio::test]
async fn columns_are_the_system_tags_of_the_run() {
    let mut run = run_start(&[]);
    run.system_tags = ["vu", "url", "ip", "iter", "method"].map(str::to_owned).into();
    let mut shard = shard();
    record(&mut shard, builtin::HTTP_REQS, &[("ip", "::1"), ("status", "200"), ("method", "GET")], 1.0);
    let text = written("timeFormat=rfc3339", run, &mut shard).await;
    assert_eq!(
        text,
        "metric_name,timestamp,metric_value,ip,method,url,extra_tags,metadata\n\
         http_reqs,2026-11-23T07:59:21Z,1.000000,::1,GET,,status=200,\n"
    );
}

#[tokio::test]
async fn another_reader_finds_every_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.csv");
    let mut shard = shard();
    for n in 0..500 {
        let check = ["plain", "a,b", "two\nlines", " \"quoted\" ", "ü"][n % 5];
        record(&mut shard, builtin::CHECKS, &[("check", check)], n as f64);
    }
    let batches = vec![shard.take_raw().expect("on"), batch(10)];
    write(&format!("csv={}", path.display()), run_start(&[]), batches, RunEnd::default()).await;
    let mut reader = csv::Reader::from_path(&path).expect("the file is there");
    assert_eq!(reader.headers().expect("a head").len(), 19);
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 510);
    assert_eq!((&rows[7][3], &rows[7][2]), ("two\nlines", "7.000000"));
    assert_eq!(&rows[8][3], " \"quoted\" ");
    assert_eq!(&rows[509][0], "iterations");
}
