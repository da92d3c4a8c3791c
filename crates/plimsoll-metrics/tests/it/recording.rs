//! From tags and values to series and totals.

use std::sync::Arc;

use plimsoll_metrics::{
    Aggregate, Counter, Gauge, MetricKind, SampleContext, Shard, ShardConfig, Sink, TagFilter, TagSetId,
    Timestamp, builtin, tag,
};
use proptest::prelude::*;

use crate::support::{Run, capped, pairs, tag_set};

#[test]
fn the_order_of_tags_does_not_matter_and_the_later_value_wins() {
    let mut shard = Shard::new(ShardConfig::default());
    let first = tag_set(&mut shard, &[("method", "GET"), ("status", "200"), ("team", "a")]);
    let again = tag_set(&mut shard, &[("team", "b"), ("status", "200"), ("team", "a"), ("method", "GET")]);
    assert_eq!(first, again);
    assert_ne!(first, tag_set(&mut shard, &[("method", "GET"), ("status", "200")]));
    assert_eq!(shard.resolve(first).to_string(), "method:GET,status:200,team:a");
    assert_eq!(tag_set(&mut shard, &[]), TagSetId::EMPTY);
}

#[test]
fn extending_a_tag_set_is_the_same_as_writing_it_out() {
    let mut shard = Shard::new(ShardConfig::default());
    let base = tag_set(&mut shard, &[("group", ""), ("scenario", "default")]);
    let more = pairs(&mut shard, &[("check", "ok"), ("group", "::g")]);
    let extended = shard.extend_tag_set(base, &more);
    assert_eq!(extended, tag_set(&mut shard, &[("check", "ok"), ("group", "::g"), ("scenario", "default")]));
    assert_eq!(shard.tags_of(base).len(), 2);
}

#[test]
fn a_block_of_series_is_the_series_one_by_one() {
    let mut shard = Shard::new(ShardConfig::default());
    let tags = tag_set(&mut shard, &[("name", "x")]);
    let lone = shard.series(builtin::HTTP_REQ_WAITING, tags);
    let block = shard.series_block(&builtin::HTTP, tags);
    assert_eq!(block, shard.series_block(&builtin::HTTP, tags));
    assert_eq!(block[7], lone);
    for (metric, series) in builtin::HTTP.iter().zip(block) {
        assert_eq!(shard.series(*metric, tags), series);
    }
}

#[test]
fn absorbing_merges_by_content_and_clears() {
    let mut run = Run::new();
    let mut other = Shard::new(ShardConfig::default());
    // Different numbers for the same tags in the two shards.
    tag_set(&mut other, &[("unrelated", "noise")]);
    let tags = tag_set(&mut other, &[("status", "200"), ("method", "GET")]);
    let series = other.series(builtin::HTTP_REQS, tags);
    for round in 1..=3 {
        run.record_at("http_reqs", &[("method", "GET"), ("status", "200")], 1.0, 10 * round);
        other.record(series, 2.0, Timestamp(10 * round + 1));
        run.absorb();
        run.aggregate.absorb(&mut other);
        run.aggregate.absorb(&mut other);
    }
    let all: Vec<_> = run.aggregate.series().collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].sink, &Sink::Counter(Counter { sum: 9.0, count: 6 }));
    assert_eq!((all[0].first, all[0].last), (Timestamp(10), Timestamp(31)));
    assert_eq!(run.aggregate.total(builtin::HTTP_REQS), Some(all[0].sink));
    assert_eq!(run.aggregate.metrics(), [builtin::HTTP_REQS]);
}

#[test]
fn a_shard_may_move_to_another_aggregate() {
    let mut run = Run::new();
    run.record("http_reqs", &[("name", "filler")], 1.0);
    run.record("http_reqs", &[("name", "x")], 1.0);
    run.absorb();
    let mut second = Aggregate::new();
    run.record("http_reqs", &[("name", "x")], 5.0);
    second.absorb(&mut run.shard);
    let only: Vec<_> = second.series().map(|series| series.tags.to_string()).collect();
    assert_eq!(only, ["name:x"]);
    assert_eq!(run.aggregate.total(builtin::HTTP_REQS).map(Sink::count), Some(2));
}

#[test]
fn a_copy_stays_as_it_was_and_can_grow_by_itself() {
    let mut run = Run::new();
    run.record("http_reqs", &[("name", "filler")], 1.0);
    run.record("http_reqs", &[("name", "x")], 1.0);
    run.absorb();
    let mut copy = run.aggregate.clone();
    run.record("http_reqs", &[("name", "x")], 5.0);
    run.absorb();
    let sum = |aggregate: &Aggregate| match aggregate.total(builtin::HTTP_REQS) {
        Some(Sink::Counter(counter)) => counter.sum,
        _ => 0.0,
    };
    assert_eq!((sum(&copy), sum(&run.aggregate)), (2.0, 7.0));
    run.record("http_reqs", &[("name", "x")], 8.0);
    copy.absorb(&mut run.shard);
    let series: Vec<_> = copy.series().map(|series| series.tags.to_string()).collect();
    assert_eq!((sum(&copy), series), (10.0, vec!["name:filler".to_owned(), "name:x".to_owned()]));
}

#[test]
fn a_gauge_over_shards_keeps_the_latest() {
    let mut run = Run::new();
    let mut other = Shard::new(ShardConfig::default());
    let vus = other.series(builtin::VUS, TagSetId::EMPTY);
    other.record(vus, 9.0, Timestamp(50));
    run.record_at("vus", &[], 4.0, 40);
    run.aggregate.absorb(&mut other);
    run.absorb();
    let gauge = Gauge { last: 9.0, min: 4.0, max: 9.0, at: Timestamp(50), count: 2 };
    assert_eq!(run.aggregate.total(builtin::VUS), Some(&Sink::Gauge(gauge)));
}

#[test]
fn selecting_merges_what_matches() {
    let mut run = Run::new();
    for (status, url, value) in [("200", "a", 1.0), ("200", "b", 2.0), ("500", "a", 4.0)] {
        run.record("http_reqs", &[("status", status), ("url", url)], value);
    }
    run.absorb();
    let sum = |pairs: &[(&str, &str)]| {
        let filter = TagFilter::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        match run.aggregate.select(builtin::HTTP_REQS, &filter) {
            Some(Sink::Counter(counter)) => Some(counter.sum),
            _ => None,
        }
    };
    assert_eq!(sum(&[]), Some(7.0));
    assert_eq!(sum(&[("status", "200")]), Some(3.0));
    assert_eq!(sum(&[("status", "500"), ("url", "a")]), Some(4.0));
    assert_eq!(sum(&[("status", "500"), ("url", "b")]), None);
    assert_eq!(run.aggregate.select(builtin::CHECKS, &TagFilter::default()), None);
}

#[test]
fn not_a_number_is_no_measurement() {
    let mut run = Run::new();
    run.record("vus", &[], f64::NAN);
    run.record("my_trend", &[], f64::NAN);
    run.absorb();
    assert!(run.aggregate.series().all(|series| series.sink.is_empty()));
}

#[test]
fn past_the_cap_totals_and_pinned_tags_stay_exact() {
    const SETS: u32 = 5_000;
    let mut run = Run::with(capped(100, &[("user", "u4999")]));
    for n in 0..SETS {
        let (user, status) = (format!("u{n}"), if n % 10 == 0 { "500" } else { "200" });
        run.record("http_reqs", &[("user", &user), ("status", status)], 1.0);
    }
    run.absorb();
    let count = |name: &str, value: &str| {
        let filter = TagFilter::new(vec![(name.to_owned(), value.to_owned())]);
        run.aggregate.select(builtin::HTTP_REQS, &filter).map_or(0, |sink| sink.count())
    };
    assert_eq!(run.aggregate.total(builtin::HTTP_REQS).map(Sink::count), Some(u64::from(SETS)));
    assert_eq!(count("user", "u4999"), 1, "a pinned value is kept");
    assert_eq!(count("status", "500"), u64::from(SETS / 10), "a tag of few values is kept");
    assert_eq!(count("user", "u4998"), 0, "any other is folded");
    let folds = run.aggregate.folds();
    assert_eq!(folds.samples, u64::from(SETS) - 100);
    assert!(folds.series <= 3, "{folds:?}");
    assert_eq!(run.shard.folds(), u64::from(SETS) - 100);
}

#[test]
fn past_twice_the_cap_only_pinned_tags_are_kept() {
    let mut run = Run::with(capped(50, &[("status", "500")]));
    for n in 0..1_000 {
        let (check, status) = (format!("made up {n}"), if n % 10 == 0 { "500" } else { "200" });
        run.record("checks", &[("check", &check), ("status", status)], 1.0);
    }
    run.absorb();
    let series = run.aggregate.series().count();
    assert!(series <= 102, "{series} series");
    let failed = TagFilter::new(vec![("status".to_owned(), "500".to_owned())]);
    assert_eq!(run.aggregate.select(builtin::CHECKS, &failed).map(|sink| sink.count()), Some(100));
}

#[test]
fn past_the_limit_of_values_tag_sets_fold() {
    let config = ShardConfig { max_symbols: 20, ..capped(1_000, &[("user", "u900")]) };
    let mut run = Run::with(config);
    for n in 0..1_000 {
        run.record("http_reqs", &[("user", &format!("u{n}"))], 1.0);
    }
    run.absorb();
    assert_eq!(run.aggregate.total(builtin::HTTP_REQS).map(Sink::count), Some(1_000));
    assert!(run.aggregate.series().count() < 25);
    let pinned = TagFilter::new(vec![("user".to_owned(), "u900".to_owned())]);
    assert_eq!(run.aggregate.select(builtin::HTTP_REQS, &pinned).map(|sink| sink.count()), Some(1));
}

#[test]
fn tag_names_made_up_without_end_fold() {
    let mut run = Run::new();
    for n in 0..3_000 {
        run.record("http_reqs", &[(&format!("key{n}"), "x")], 1.0);
    }
    run.absorb();
    assert_eq!(run.aggregate.total(builtin::HTTP_REQS).map(Sink::count), Some(3_000));
    assert!(run.aggregate.series().count() <= 1_001);
    assert!(run.aggregate.folds().samples >= 2_000);
}

#[test]
fn raw_samples_are_bounded_and_losses_counted() {
    let mut run = Run::with(ShardConfig { raw: Some(3), ..ShardConfig::default() });
    let tags = tag_set(&mut run.shard, &[("url", "/t/{id}")]);
    let series = run.shard.series(builtin::HTTP_REQS, tags);
    let context = SampleContext { url: Some(Arc::from("/t/7")), metadata: None };
    run.shard.record_with(series, 1.0, Timestamp(5), &context);
    for _ in 0..4 {
        run.shard.record(series, 1.0, Timestamp(6));
    }
    let batch = run.shard.take_raw().expect("raw samples are on");
    assert_eq!((batch.samples.len(), batch.lost), (3, 2));
    let (metric, tags) = batch.series(&batch.samples[0]);
    assert_eq!((metric, tags.value(tag::URL)), (builtin::HTTP_REQS, Some("/t/{id}")));
    assert_eq!(batch.samples[0].context.url.as_deref(), Some("/t/7"));

    let late = tag_set(&mut run.shard, &[("url", "/late")]);
    let late = run.shard.series(builtin::CHECKS, late);
    run.shard.record(late, 0.0, Timestamp(7));
    let batch = run.shard.take_raw().expect("raw samples are on");
    assert_eq!((batch.samples.len(), batch.lost), (1, 0));
    assert_eq!(batch.series(&batch.samples[0]).1.value(tag::URL), Some("/late"));
    assert!(run.shard.take_raw().expect("raw samples are on").is_empty());
    assert!(Shard::new(ShardConfig::default()).take_raw().is_none());
}

/// One recorded value: metric, tags, value, and the shard that records it.
type Event = (usize, Vec<(usize, usize)>, f64, usize);

fn event() -> impl Strategy<Value = Event> {
    (0..4usize, prop::collection::vec((0..4usize, 0..3usize), 0..4), 0.0..100.0f64, 0..3usize)
}

proptest! {
    /// However samples spread over shards, and whenever those are absorbed: the aggregate holds what one
    /// shard would.
    #[test]
    fn sharding_changes_nothing(events in prop::collection::vec((event(), any::<bool>()), 0..120)) {
        const KINDS: [MetricKind; 4] =
            [MetricKind::Counter, MetricKind::Gauge, MetricKind::Rate, MetricKind::Trend];
        let names: Vec<String> = (0..4).map(|n| format!("metric_{n}")).collect();
        let mut alone = Run::new();
        let metrics: Vec<_> = names.iter().zip(KINDS).map(|(name, kind)| alone.declare(name, kind)).collect();
        let mut shards: Vec<_> = (0..3).map(|_| Shard::new(ShardConfig::default())).collect();
        let mut spread = Aggregate::new();
        for (at, ((metric, tags, value, shard), absorb)) in events.into_iter().enumerate() {
            let texts: Vec<_> = tags.iter().map(|(k, v)| (format!("k{k}"), format!("v{v}"))).collect();
            let tags: Vec<_> = texts.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let value = value.round();
            for shard in [&mut alone.shard, &mut shards[shard]] {
                let set = tag_set(shard, &tags);
                let series = shard.series(metrics[metric], set);
                shard.record(series, value, Timestamp(at as u64));
            }
            if absorb {
                spread.absorb(&mut shards[shard]);
            }
        }
        alone.absorb();
        for shard in &mut shards {
            spread.absorb(shard);
        }
        let contents = |aggregate: &Aggregate| {
            let mut all: Vec<_> = aggregate
                .series()
                .map(|s| (s.metric, s.tags.clone(), s.sink.clone(), s.first, s.last))
                .collect();
            all.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            all
        };
        prop_assert_eq!(contents(&alone.aggregate), contents(&spread));
        for metric in metrics {
            prop_assert_eq!(alone.aggregate.total(metric), spread.total(metric));
        }
    }
}
