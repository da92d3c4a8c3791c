//! k6's JSON lines.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use plimsoll_metrics::{MetricKind, SampleContext, Tags, ValueKind, builtin};
use plimsoll_output::{Manager, RunEnd, RunStart};

use crate::support::{Announced, batch, output, record, record_with, run_start, shard, write_json};

fn in_folder(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().expect("UTF-8").to_owned()
}

fn part(path: &str) -> String {
    format!("{path}.part")
}

#[tokio::test]
async fn lines_are_k6s() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "results.json");
    let mut run = run_start(&[("http_reqs{status:200}", &["count>1"]), ("checks", &["rate>0.9", "rate<2"])]);
    run.thresholds[1].thresholds[1].abort_on_fail = true;
    run.thresholds[1].thresholds[1].delay_abort_eval = Duration::from_secs(10);
    let mut shard = shard();
    let tags = [
        ("url", "http://h/t/{id}"),
        ("name", "http://h/t/{id}"),
        ("method", "GET"),
        ("group", "::g\"1\""),
        ("status", "200"),
    ];
    let raw = SampleContext { url: Some(Arc::from("http://h/t/1?a=<1>&b")), metadata: None };
    record_with(&mut shard, builtin::HTTP_REQS, &tags, 1.0, &raw);
    let metadata = Some(Tags::from_iter([("vu", "1"), ("iter", "0")]));
    record_with(&mut shard, builtin::HTTP_REQS, &tags[2..], 1.0, &SampleContext { url: None, metadata });
    record(&mut shard, builtin::CHECKS, &[], 0.0);
    record(&mut shard, builtin::HTTP_REQ_DURATION, &[], 1.124_031);
    let end = RunEnd {
        thresholds_failed: true,
        failing: vec!["checks".to_owned()],
        duration: Duration::from_millis(1_500),
        complete_iterations: 2,
        interrupted_iterations: 1,
        validity: "SUSPECT",
        validity_reasons: vec!["7 samples were lost".to_owned()],
    };
    write_json(&path, run, vec![shard.take_raw().expect("raw samples are on")], end).await;

    let text = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text, include_str!("golden/lines.json"));
    assert!(!Path::new(&part(&path)).exists());
}

#[tokio::test]
async fn the_pipelines_grep_finds_the_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    for failed in [true, false] {
        let path = in_folder(&folder, "results.json");
        let end = RunEnd { thresholds_failed: failed, ..RunEnd::default() };
        write_json(&path, run_start(&[]), Vec::new(), end).await;
        let text = fs::read_to_string(&path).expect("the file is there");
        assert_eq!(text.contains("\"thresholdsFailed\":true"), failed);
        assert_eq!(text.contains("\"thresholdsFailed\":false"), !failed);
        assert_eq!(text.lines().count(), 1);
    }
}

#[tokio::test]
async fn infinity_is_left_out_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "results.json");
    let mut shard = shard();
    record(&mut shard, builtin::VUS, &[], f64::INFINITY);
    record(&mut shard, builtin::VUS, &[], 2.0);
    write_json(&path, run_start(&[]), vec![shard.take_raw().expect("on")], RunEnd::default()).await;
    let text = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text.matches("\"Point\"").count(), 1);
    assert!(text.contains("\"samplesNotRepresentable\":1"));
}

#[tokio::test]
async fn a_metric_declared_during_the_run_is_introduced() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "results.json");
    let run = run_start(&[]);
    let late = run.registry.declare("late_one", MetricKind::Gauge, ValueKind::Data).expect("a new name");
    let mut shard = shard();
    record(&mut shard, late, &[], 5.0);
    write_json(&path, run, vec![shard.take_raw().expect("on")], RunEnd::default()).await;
    let text = fs::read_to_string(&path).expect("the file is there");
    assert!(
        text.starts_with(r#"{"type":"Metric","data":{"name":"late_one","type":"gauge","contains":"data","#)
    );
}

#[tokio::test]
async fn a_name_in_gz_is_compressed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "results.json.gz");
    write_json(&path, run_start(&[]), vec![batch(1_000)], RunEnd::default()).await;
    let mut text = String::new();
    let file = fs::File::open(&path).expect("the file is there");
    GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    assert_eq!(text.lines().count(), 1 + 1_000 + 1);
}

#[tokio::test]
async fn a_name_in_zst_is_compressed() {
    let folder = tempfile::tempdir().expect("a folder");
    for samples in [0, 1_000, 100_000] {
        let path = in_folder(&folder, "results.json.zst");
        write_json(&path, run_start(&[]), vec![batch(samples)], RunEnd::default()).await;
        let size = fs::metadata(&path).expect("the file is there").len();
        let mut file = fs::File::open(&path).expect("the file is there");
        let mut text = String::new();
        // Frame by frame, as this decoder has it; others read on by themselves.
        while let Ok(mut frame) = ruzstd::decoding::StreamingDecoder::new(&mut file) {
            frame.read_to_string(&mut text).expect("zstd");
        }
        assert_eq!(text.lines().count(), usize::from(samples > 0) + samples + 1);
        assert!(samples == 0 || size < text.len() as u64 / 10, "{size} bytes of {}", text.len());
    }
}

#[tokio::test]
async fn the_old_file_stays_until_the_new_one_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "results.json");
    fs::write(&path, "old").expect("writable");
    let output = output(&format!("json={path}"));
    let manager =
        Manager::start(vec![output], run_start(&[]), Announced::default().listener()).await.expect("opens");
    assert_eq!(manager.describe(), format!("json ({path})"));
    manager.sender().send(batch(10));
    assert_eq!(fs::read_to_string(&path).expect("still there"), "old");
    manager.finish(RunEnd::default()).await;
    assert_eq!(fs::read_to_string(&path).expect("there").lines().count(), 12);
    assert!(!Path::new(&part(&path)).exists());
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_an_error_at_once() {
    let output = output("json=/nowhere/at/all.json");
    let started = Manager::start(vec![output], run_start(&[]), Announced::default().listener()).await;
    let error = started.err().expect("no such folder").to_string();
    assert_eq!(error, "cannot open '/nowhere/at/all.json.part' for writing");
}

#[tokio::test]
async fn an_output_that_cannot_start_leaves_nothing_of_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = output(&format!("json={}", in_folder(&folder, "results.json")));
    let outputs = vec![first, output("csv=/nowhere/at/all.csv")];
    let started = Manager::start(outputs, run_start(&[]), Announced::default().listener()).await;
    assert!(started.is_err());
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[tokio::test]
async fn what_is_no_regular_file_is_written_in_place() {
    write_json("/dev/null", run_start(&[]), vec![batch(10)], RunEnd::default()).await;
    assert!(!Path::new("/dev/null.part").exists());
}

/// As with `--out json=/dev/stdout > file`.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn an_open_file_of_a_process_is_written_in_place() {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "printed");
    let mut file = fs::File::create(&path).expect("writable");
    writeln!(file, "what was printed before").expect("writable");
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    write_json(&open, run_start(&[]), vec![batch(10)], RunEnd::default()).await;
    let text = fs::read_to_string(&path).expect("still there");
    assert!(text.starts_with("what was printed before\n"), "{text}");
    assert_eq!(text.lines().count(), 1 + 12);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
}

#[tokio::test]
#[cfg(unix)]
async fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, link) = (in_folder(&folder, "results-1.json"), in_folder(&folder, "latest.json"));
    fs::write(&path, "old").expect("writable");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    write_json(&link, run_start(&[]), vec![batch(10)], RunEnd::default()).await;
    assert!(Path::new(&link).is_symlink());
    assert_eq!(fs::read_to_string(&path).expect("there").lines().count(), 12);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2);
}

/// A million samples: nothing is lost, and memory holds what is queued, no more.
#[tokio::test]
async fn a_million_samples_arrive() {
    const BATCHES: usize = 100;
    const SAMPLES: usize = 10_000;
    let folder = tempfile::tempdir().expect("a folder");
    let path = in_folder(&folder, "results.json");
    let run: RunStart = run_start(&[]);
    let output = output(&format!("json={path}"));
    let manager = Manager::start(vec![output], run, Announced::default().listener()).await.expect("opens");
    let sender = manager.sender();
    let mut shard = shard();
    for _ in 0..BATCHES {
        for n in 0..SAMPLES {
            let name = ["a", "b", "c"][n % 3];
            record(&mut shard, builtin::HTTP_REQ_DURATION, &[("name", name), ("method", "GET")], n as f64);
        }
        sender.send(shard.take_raw().expect("on"));
    }
    let reports = manager.finish(RunEnd::default()).await;
    assert!(reports[0].error.is_none(), "{reports:?}");
    assert_eq!((reports[0].written, reports[0].lost), ((BATCHES * SAMPLES) as u64, 0));
    let text = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text.lines().count(), BATCHES * SAMPLES + 2);
    assert!(text.ends_with("}}\n"));
}
