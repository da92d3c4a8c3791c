//! What recording and reading cost, in nanoseconds per operation.
//!
//! `cargo bench -p plimsoll-metrics` prints one line an operation: the best of several rounds, because the
//! machine's other work only ever adds to it.

#![expect(clippy::print_stdout, clippy::disallowed_types, reason = "a benchmark measures and prints")]

use std::hint::black_box;
use std::time::Instant;

use plimsoll_metrics::{
    Aggregate, MetricKind, Registry, SampleContext, Shard, ShardConfig, Sink, Symbol, TagKey, Timestamp,
    ValueKind, builtin, tag,
};

fn main() {
    println!("{:<44} {:>10}", "operation", "ns/op");
    let mut shard = Shard::new(ShardConfig::default());
    let requests = request_tags(&mut shard);
    measure_recording(&mut shard, &requests);
    measure_exchange(&mut shard, &requests);
    measure_reading();
}

/// The tag sets of 30 endpoints, as an HTTP request writes them: eleven tags.
fn request_tags(shard: &mut Shard) -> Vec<[(TagKey, Symbol); 11]> {
    (0..30)
        .map(|n| {
            let mut symbol = |text: &str| shard.symbol(text);
            [
                (tag::GROUP, Symbol::EMPTY),
                (tag::SCENARIO, symbol("default")),
                (tag::METHOD, symbol("GET")),
                (tag::URL, symbol(&format!("http://127.0.0.1:8080/api/v1/endpoint-{n}/{{id}}"))),
                (tag::NAME, symbol(&format!("http://127.0.0.1:8080/api/v1/endpoint-{n}/{{id}}"))),
                (tag::STATUS, symbol("200")),
                (tag::PROTO, symbol("HTTP/1.1")),
                (tag::EXPECTED_RESPONSE, Symbol::TRUE),
                (tag::TLS_VERSION, symbol("tls1.3")),
                (tag::IP, symbol("127.0.0.1")),
                (tag::SERVICE, symbol("tickets")),
            ]
        })
        .collect()
}

fn measure_recording(shard: &mut Shard, requests: &[[(TagKey, Symbol); 11]]) {
    let tags = shard.tag_set(&requests[0]);
    let counter = shard.series(builtin::HTTP_REQS, tags);
    let trend = shard.series(builtin::HTTP_REQ_DURATION, tags);
    bench("record counter", 1, |_| shard.record(counter, black_box(1.0), Timestamp(1)));
    bench("record trend", 1, |n| shard.record(trend, latency(n), Timestamp(1)));
    bench("tag_set of 11 tags, warm", 1, |n| {
        black_box(shard.tag_set(black_box(&requests[n as usize % requests.len()])));
    });
    bench("series_block of 9", 1, |_| {
        black_box(shard.series_block(&builtin::HTTP, black_box(tags)));
    });
}

/// What the script layer does for one HTTP request.
fn measure_exchange(shard: &mut Shard, requests: &[[(TagKey, Symbol); 11]]) {
    let context = SampleContext::default();
    bench("one HTTP request: tag_set + 9 records", 1, |n| {
        let tags = shard.tag_set(black_box(&requests[n as usize % requests.len()]));
        let series = shard.series_block(&builtin::HTTP, tags);
        let ms = latency(n);
        let values = [1.0, 0.0, ms, 0.001 * ms, 0.0, 0.0, 0.01 * ms, 0.95 * ms, 0.04 * ms];
        shard.record_block(&series, &values, Timestamp(u64::from(n)), &context);
    });
}

fn measure_reading() {
    let mut shard = Shard::new(ShardConfig::default());
    let requests = request_tags(&mut shard);
    let mut aggregate = Aggregate::new();
    bench("absorb, per series (270 series)", 270, |n| {
        for tags in &requests {
            let tags = shard.tag_set(tags);
            let series = shard.series_block(&builtin::HTTP, tags);
            let values = [1.0, 0.0, latency(n), 0.1, 0.0, 0.0, 0.1, latency(n + 7), 0.1];
            shard.record_block(&series, &values, Timestamp(1), &SampleContext::default());
        }
        aggregate.absorb(&mut shard);
    });
    let trend = aggregate.total(builtin::HTTP_REQ_DURATION).cloned();
    if let Some(Sink::Trend(trend)) = trend {
        bench("quantile", 1, |n| {
            black_box(trend.quantile(f64::from(n % 100) / 100.0));
        });
    }
    let registry = Registry::new();
    bench("declare an existing metric", 1, |_| {
        black_box(registry.declare("checkout_time", MetricKind::Trend, ValueKind::Time)).ok();
    });
}

/// Latencies over a bit more than three octaves, as one endpoint has them, without a random generator in the
/// loop.
fn latency(n: u32) -> f64 {
    let scrambled = n.wrapping_mul(2_654_435_761) >> 12;
    5.0 + f64::from(scrambled & 0x3FF) * f64::from(scrambled >> 10) / 20_000.0
}

/// Runs `operation` in short rounds and prints the best of them, divided by `per_call`. A round is shorter
/// than a time slice, so that some run undisturbed on a busy machine.
fn bench(name: &str, per_call: u32, mut operation: impl FnMut(u32)) {
    const ROUNDS: u32 = 400;
    const OPERATIONS: u32 = 20_000;
    let calls = (OPERATIONS / per_call).max(1);
    let mut best = f64::INFINITY;
    for round in 0..ROUNDS {
        let start = Instant::now();
        (round * calls..(round + 1) * calls).for_each(&mut operation);
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(calls * per_call));
    }
    println!("{name:<44} {best:>10.1}");
}
