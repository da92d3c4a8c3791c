//! Tables whose rows must add up.

use std::time::Duration;

use plimsoll_report::endpoints::Endpoint;
use proptest::prelude::*;

use crate::fixture::{Run, outage};

/// A request: endpoint number, whether it failed, duration.
type Request = (usize, bool, f64);

fn run_of(requests: &[Request]) -> Run {
    let mut run = Run::lasting(Duration::from_secs(10));
    for (endpoint, failed, ms) in requests {
        let code = if *failed { "1500" } else { "" };
        run.requests("GET", &format!("http://t/e{endpoint}"), code, &[*ms], Duration::from_secs(1));
    }
    run
}

fn sums<'a>(rows: impl Iterator<Item = &'a Endpoint>) -> (u64, u64, u64, u64) {
    rows.fold((0, 0, 0, 0), |(count, judged, failed, timed), row| {
        (count + row.count, judged + row.judged, failed + row.failed, timed + row.duration.count())
    })
}

proptest! {
    #[test]
    fn endpoints_add_up_to_the_global_counters(
        requests in prop::collection::vec((0..30usize, any::<bool>(), 0.0..100.0f64), 0..200),
        limit in 0..40usize,
    ) {
        let summary = run_of(&requests).summary();
        let shown = summary.endpoints.shown(limit);
        let rows = || shown.rows.iter().chain(&shown.others);
        prop_assert_eq!(sums(rows()), sums(std::iter::once(&summary.endpoints.total)));
        prop_assert_eq!(summary.endpoints.total.count, requests.len() as u64);
        let shares: f64 = rows().map(|row| summary.endpoints.share(row)).sum();
        let whole = if summary.endpoints.total.duration.sum() > 0.0 { 1.0 } else { 0.0 };
        prop_assert!((shares - whole).abs() < 1e-9, "{}", shares);
        prop_assert!(rows().count() <= limit + 1);
    }
}

#[test]
fn the_slowest_in_total_stand_first() {
    let summary = run_of(&[(1, false, 10.0), (2, false, 30.0), (1, false, 15.0), (3, false, 1.0)]).summary();
    let names: Vec<_> =
        summary.endpoints.rows.iter().map(|row| row.label(summary.endpoints.origin())).collect();
    assert_eq!(names, ["GET /e2", "GET /e1", "GET /e3"]);
    assert_eq!(summary.endpoints.origin(), "http://t");
    let shown = summary.endpoints.shown(1);
    assert_eq!(shown.others.map(|others| (others.name, others.count)), Some(("(2 others)".to_owned(), 3)));
    assert!(summary.endpoints.shown(2).others.is_none(), "one row more costs no more than an 'others' row");
}

#[test]
fn the_origin_is_left_out_only_where_all_share_it() {
    let mut run = Run::lasting(Duration::from_secs(1));
    run.requests("GET", "http://a/x", "", &[2.0], Duration::ZERO);
    run.requests("GET", "by hand", "", &[1.0], Duration::ZERO);
    assert_eq!(run.summary().endpoints.origin(), "http://a", "a name of the script's own has no origin");

    let mut run = Run::lasting(Duration::from_secs(1));
    run.requests("GET", "http://a/x", "", &[2.0], Duration::ZERO);
    run.requests("GET", "http://ab/x", "", &[1.0], Duration::ZERO);
    let endpoints = run.summary().endpoints;
    assert_eq!(endpoints.origin(), "");
    assert_eq!(endpoints.rows[0].label(endpoints.origin()), "GET http://a/x");
}

#[test]
fn failures_know_when_they_began() {
    let failures = outage().summary().failures;
    let refused = &failures.rows[0];
    assert_eq!((refused.code.as_str(), refused.count, refused.is_transport()), ("1212", 600, true));
    assert_eq!(refused.explanation(), "dial: connection refused");
    assert_eq!((refused.first, refused.last), (Duration::from_millis(12_400), Duration::from_millis(59_900)));
    assert_eq!(failures.rows[1].explanation(), "HTTP status 422");
    assert_eq!(failures.transport(), 601);
    assert_eq!(failures.silent_since(), Some(Duration::from_millis(12_300)));
}

#[test]
fn a_run_that_ends_well_is_not_silent() {
    let mut run = Run::lasting(Duration::from_secs(60));
    run.requests("GET", "x", "1212", &[0.0], Duration::from_secs(3));
    run.requests("GET", "x", "", &[1.0], Duration::from_secs(59));
    assert_eq!(run.summary().failures.silent_since(), None);
}
