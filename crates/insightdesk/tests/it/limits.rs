//! Faults that limit what the desk can do: the limit is where they say, and `/metrics` shows it to whoever
//! looks.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{Client, Desk, desk_with};

async fn limited(faults: Value) -> (Desk, Client) {
    let desk = desk_with(|config| config.instrument = true).await;
    let client = desk.anybody();
    client.post("/__target/faults", faults).await.expect(200);
    (desk, client)
}

/// All metrics, each under its name and labels as they stand in the text.
async fn metrics(client: &Client) -> HashMap<String, f64> {
    let text = String::from_utf8(client.get("/metrics").await.expect(200).body.to_vec()).expect("text");
    let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        (name.to_owned(), value.parse().expect("a number"))
    });
    samples.collect()
}

/// Sends requests all at once.
fn burst(client: &Client, requests: usize) -> JoinSet<u16> {
    let mut all = JoinSet::new();
    for _ in 0..requests {
        let client = client.clone();
        all.spawn(async move { client.get("/health").await.status });
    }
    all
}

#[tokio::test]
async fn a_bound_by_a_pool_is_seen_while_it_lasts_and_afterwards() {
    let bound = json!({ "bound": { "by": "pool", "connections": 4, "holdMs": 100.0 } });
    let (_desk, client) = limited(bound).await;
    let started_at = Instant::now();
    let requests = burst(&client, 20);
    tokio::time::sleep(Duration::from_millis(250)).await;
    let now = metrics(&client).await;
    assert_eq!(now[r#"insightdesk_pool_connections{pool="fault",state="in_use"}"#], 4.0);
    assert!(now[r#"insightdesk_pool_waiting{pool="fault"}"#] >= 1.0, "{now:?}");
    assert!(requests.join_all().await.iter().all(|&status| status == 200));
    assert!(started_at.elapsed() >= Duration::from_millis(500), "five rounds of 100 ms");
    let then = metrics(&client).await;
    assert_eq!(then[r#"insightdesk_pool_connections_max{pool="fault"}"#], 4.0);
    assert_eq!(then[r#"insightdesk_pool_connections{pool="fault",state="idle"}"#], 4.0);
    assert_eq!(then[r#"insightdesk_pool_uses_total{pool="fault"}"#], 20.0);
    assert!(then[r#"insightdesk_pool_in_use_seconds_total{pool="fault"}"#] >= 1.99, "{then:?}");
    assert!(then[r#"insightdesk_pool_wait_seconds_total{pool="fault"}"#] >= 3.9, "{then:?}");
}

#[tokio::test]
async fn a_bound_by_a_lock_lets_one_through_at_a_time() {
    let (_desk, client) = limited(json!({ "bound": { "by": "lock", "holdMs": 50.0 } })).await;
    let started_at = Instant::now();
    assert!(burst(&client, 10).join_all().await.iter().all(|&status| status == 200));
    assert!(started_at.elapsed() >= Duration::from_millis(499), "{:?}", started_at.elapsed());
    let then = metrics(&client).await;
    assert_eq!(then[r#"insightdesk_lock_acquisitions_total{lock="fault"}"#], 10.0);
    assert!(then[r#"insightdesk_lock_held_seconds_total{lock="fault"}"#] >= 0.499, "{then:?}");
    assert!(then[r#"insightdesk_lock_wait_seconds_total{lock="fault"}"#] >= 1.0, "{then:?}");
    assert_eq!(then[r#"insightdesk_lock_waiters{lock="fault"}"#], 0.0);
}

#[tokio::test]
async fn a_bound_by_the_processor_costs_processor_time() {
    let (_desk, client) = limited(json!({ "bound": { "by": "cpu", "threads": 1, "burnMs": 20.0 } })).await;
    let before = metrics(&client).await;
    assert!(burst(&client, 10).join_all().await.iter().all(|&status| status == 200));
    let then = metrics(&client).await;
    let used = then["process_cpu_seconds_total"] - before["process_cpu_seconds_total"];
    assert!(used >= 0.2, "{used}");
    assert_eq!(then[r#"insightdesk_threads_max{threads="fault"}"#], 1.0);
    assert_eq!(then[r#"insightdesk_threads_uses_total{threads="fault"}"#], 10.0);
    assert!(then[r#"insightdesk_threads_wait_seconds_total{threads="fault"}"#] > 0.0);
}

#[tokio::test]
async fn a_bound_by_the_disk_writes_to_it() {
    let (_desk, client) = limited(json!({ "bound": { "by": "io", "writers": 2, "writeKib": 16 } })).await;
    assert!(burst(&client, 10).join_all().await.iter().all(|&status| status == 200));
    let then = metrics(&client).await;
    assert_eq!(then[r#"insightdesk_io_writes_total{device="fault"}"#], 10.0);
    assert_eq!(then[r#"insightdesk_io_written_bytes_total{device="fault"}"#], 10.0 * 16.0 * 1024.0);
    assert!(then[r#"insightdesk_io_in_progress_seconds_total{device="fault"}"#] > 0.0);
    client.delete("/__target/faults").await.expect(204);
    assert!(!metrics(&client).await.contains_key(r#"insightdesk_io_writes_total{device="fault"}"#));
}

#[tokio::test]
async fn pools_that_are_real_and_the_process_are_always_seen() {
    let (desk, client) = limited(json!({})).await;
    desk.agent().await.get("/api/v1/tickets").await.expect(200);
    let now = metrics(&client).await;
    for pool in ["sqlite_readers", "sqlite_writer"] {
        assert!(now[&format!("insightdesk_pool_connections_max{{pool=\"{pool}\"}}")] >= 1.0);
        assert!(now[&format!("insightdesk_pool_uses_total{{pool=\"{pool}\"}}")] >= 1.0);
        assert!(now[&format!("insightdesk_pool_in_use_seconds_total{{pool=\"{pool}\"}}")] > 0.0);
    }
    assert_eq!(now[r#"insightdesk_threads_uses_total{threads="passwords"}"#], 1.0);
    assert!(now["process_cpu_seconds_total"] > 0.0);
    if cfg!(target_os = "linux") {
        assert!(now["process_resident_memory_bytes"] > 1e6);
        assert!((1.0..=now["process_max_fds"]).contains(&now["process_open_fds"]));
    }
}

/// How many of these requests are answered in time, when they come evenly over two seconds.
async fn in_time(client: &Client, requests: u32) -> f64 {
    let (mut all, started_at) = (JoinSet::new(), Instant::now());
    for index in 0..requests {
        tokio::time::sleep_until(started_at + Duration::from_secs(2) * index / requests).await;
        let client = client.clone();
        all.spawn(async move {
            let asked_at = Instant::now();
            client.get("/health").await.status == 200 && asked_at.elapsed() < Duration::from_millis(400)
        });
    }
    let good = all.join_all().await.into_iter().filter(|&good| good).count();
    f64::from(u32::try_from(good).expect("few")) / f64::from(requests)
}

/// A quarter of the capacity of 200/s, a burst that takes half a second, and the same quarter again.
async fn before_and_after(faults: Value) -> (f64, f64) {
    let (_desk, client) = limited(faults).await;
    let before = in_time(&client, 100).await;
    let overload = burst(&client, 100);
    let after = in_time(&client, 100).await;
    overload.join_all().await;
    (before, after)
}

#[tokio::test]
async fn a_retry_storm_outlasts_the_overload_that_began_it() {
    let storm = json!({ "workers": 2, "meanServiceMs": 10.0, "patienceMs": 200.0, "amplification": 9.0 });
    let (before, after) = before_and_after(json!({ "retryStorm": storm })).await;
    assert!(before > 0.9, "{before}");
    assert!(after < 0.1, "50/s is more than the 20/s that are left: {after}");
}

#[tokio::test]
async fn a_server_of_known_capacity_recovers_at_once() {
    let (before, after) =
        before_and_after(json!({ "capacity": { "workers": 2, "meanServiceMs": 10.0 } })).await;
    assert!(before > 0.9, "{before}");
    assert!(after > 0.7, "{after}");
}

#[tokio::test]
async fn who_watches_does_not_queue() {
    let (_desk, client) = limited(json!({ "bound": { "by": "lock", "holdMs": 2000.0 } })).await;
    let mut waiting = burst(&client, 3);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked_at = Instant::now();
    let now = metrics(&client).await;
    assert_eq!(now[r#"insightdesk_lock_waiters{lock="fault"}"#], 2.0);
    assert!(asked_at.elapsed() < Duration::from_secs(1), "{:?}", asked_at.elapsed());
    waiting.abort_all();
}

#[tokio::test]
async fn nonsense_is_refused_with_a_reason() {
    let (_desk, client) = limited(json!({})).await;
    let storm = json!({ "workers": 2, "meanServiceMs": 10, "patienceMs": 200, "amplification": 1 });
    let mut impatient = storm.clone();
    impatient["queueMs"] = json!(100);
    let cases = [
        (json!({ "bound": { "by": "pool", "connections": 0, "holdMs": 1 } }), "connections must be from 1"),
        (json!({ "bound": { "by": "luck" } }), "unknown variant `luck`"),
        (json!({ "bound": { "by": "lock" } }), "missing field `holdMs`"),
        (json!({ "bound": { "by": "lock", "holdMs": 1, "holdms": 2 } }), "unknown field `holdms`"),
        (json!({ "bound": { "by": "io", "writers": 1, "writeKib": 99_999 } }), "writeKib must be from 1"),
        (json!({ "retryStorm": impatient }), "queueMs (100) must be more than patienceMs (200)"),
    ];
    for (faults, reason) in cases {
        let reply = client.post("/__target/faults", faults.clone()).await;
        let message = reply.json()["error"]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(reason), "{faults}: {message}");
        reply.expect_error(400, "malformed_request");
    }
    client.post("/__target/faults", json!({ "retryStorm": storm })).await.expect(200);
}
