//! What an aggregate has gained since it was last looked at.

use plimsoll_metrics::{Aggregate, Increments, MetricKind, Sink, TagFilter};

use crate::support::Run;

#[test]
fn parts_hold_what_came_in_between_and_add_up() {
    let mut run = Run::new();
    let (requests, wait) = (run.declare("requests", MetricKind::Counter), run.metric("wait"));
    let (mut increments, mut whole) = (Increments::default(), Aggregate::new());
    let mut counts = Vec::new();
    for second in 1..=3_u64 {
        for n in 0..second * 10 {
            let tags = [("name", if n % 2 == 0 { "even" } else { "odd" })];
            run.record_at("requests", &tags, 1.0, second);
            run.record_at("wait", &tags, n as f64 + 0.25, second);
        }
        run.absorb();
        let part = increments.part(&run.aggregate);
        counts.push(part.total(requests).map_or(0, Sink::count));
        whole.merge_all(&part);
    }
    assert_eq!(counts, [10, 20, 30]);
    let even = TagFilter::new(vec![("name".into(), "even".into())]);
    for filter in [TagFilter::new(Vec::new()), even] {
        assert_eq!(whole.select(requests, &filter), run.aggregate.select(requests, &filter));
        assert_eq!(
            whole.select(wait, &filter).unwrap().count(),
            run.aggregate.select(wait, &filter).unwrap().count()
        );
    }
    let (Some(Sink::Trend(parts)), Some(Sink::Trend(all))) = (whole.total(wait), run.aggregate.total(wait))
    else {
        panic!("both are trends")
    };
    assert!(parts.positive_buckets().eq(all.positive_buckets()), "bucket for bucket");
    assert_eq!((parts.min(), parts.max()), (all.min(), all.max()));
}

#[test]
fn nothing_new_is_nothing() {
    let mut run = Run::new();
    run.record("wait", &[], 3.0);
    run.absorb();
    let mut increments = Increments::default();
    assert_eq!(increments.part(&run.aggregate).series().count(), 1);
    assert_eq!(increments.part(&run.aggregate).series().count(), 0);
}

#[test]
fn a_gauge_that_was_set_once_is_known_exactly() {
    let mut run = Run::new();
    let vus = run.declare("vus", MetricKind::Gauge);
    let mut increments = Increments::default();
    for (at, value) in [(1, 10.0), (2, 50.0), (3, 20.0)] {
        run.record_at("vus", &[], value, at);
        run.absorb();
        let part = increments.part(&run.aggregate);
        let Some(Sink::Gauge(gauge)) = part.total(vus) else { panic!("a gauge") };
        assert_eq!((gauge.min, gauge.last, gauge.max, gauge.count), (value, value, value, 1));
    }
}
