//! The verdict on the measurement: which observation leads to which, and how it is told.

use std::collections::BTreeSet;
use std::time::Duration;

use plimsoll_metrics::{Aggregate, MetricKind, Registry, Shard, ShardConfig, Sink, Timestamp};
use plimsoll_report::validity::{CeilingUse, Delays, RULES, judge};
use plimsoll_report::{Observations, Style, Timeline, Trust, Vitals, html, json, text};

use crate::fixture;

/// Delays of a hundred beats a second for ten seconds, so many of them late.
fn delays(late: usize, ms: f64) -> Delays {
    let mut sink = Sink::new(MetricKind::Trend);
    for n in 0..1_000 {
        sink.record(if n < late { ms } else { 0.1 }, Timestamp(0));
    }
    let Sink::Trend(trend) = sink else { unreachable!("it was made as one") };
    Delays::of(&trend)
}

/// Ten quiet seconds on two CPUs.
fn calm() -> Observations {
    Observations {
        vitals: Vitals {
            elapsed: 10.0,
            cpu_used: 4.0,
            cpu_allowed: 20.0,
            workers_waited: 0.1,
            workers_lived: 20.0,
            stolen: 0.1,
            machine_cpu: 20.0,
            descriptors: 100,
            descriptor_limit: 1_000,
            loop_delay: delays(3, 8.0),
            ..Vitals::default()
        },
        iterations: 20_000,
        requests: 20_000,
        arrivals: 20_000,
        tolerance_ms: 5.0,
        late_arrivals: 20,
        responses: 20_000,
        late_responses: 20,
        ..Observations::default()
    }
}

#[test]
fn a_calm_run_is_valid() {
    let validity = judge(&calm());
    assert_eq!((validity.verdict, validity.reasons.len()), (Trust::Valid, 0));
    assert_eq!(validity.headline(), "the measurement is VALID");
    assert_eq!(validity.figures[0], "the generator used 20 % of 2 CPUs");
}

/// What is wrong with a run, the rule that finds it, and how grave it is.
type Case = (fn(&mut Observations), &'static str, Trust);

const SICK: &[Case] = &[
    (|seen| seen.iterations = 0, "nothing-measured", Trust::Invalid),
    (|seen| seen.vitals.loop_delay = delays(15, 80.0), "loop-delay", Trust::Suspect),
    (|seen| seen.vitals.loop_delay = delays(800, 80.0), "loop-delay", Trust::Invalid),
    (|seen| seen.late_arrivals = 300, "iteration-lateness", Trust::Suspect),
    (|seen| seen.late_arrivals = 1_500, "iteration-lateness", Trust::Invalid),
    (|seen| seen.late_responses = 300, "generator-delay", Trust::Suspect),
    (|seen| seen.late_responses = 1_500, "generator-delay", Trust::Invalid),
    (|seen| seen.dropped = 500, "schedule", Trust::Suspect),
    (|seen| seen.dropped = 5_000, "schedule", Trust::Invalid),
    (|seen| (seen.planned, seen.dropped) = (Some(22_000), 2_000), "schedule", Trust::Invalid),
    (|seen| seen.out_of_descriptors = 1, "descriptors-exhausted", Trust::Suspect),
    (|seen| seen.out_of_descriptors = 400, "descriptors-exhausted", Trust::Invalid),
    (|seen| seen.out_of_ports = 1, "ports-exhausted", Trust::Suspect),
    (|seen| seen.out_of_ports = 400, "ports-exhausted", Trust::Invalid),
    (|seen| seen.vitals.suspended = 0.1, "suspended", Trust::Suspect),
    (|seen| seen.vitals.suspended = 60.0, "suspended", Trust::Invalid),
    (
        |seen| (seen.vitals.quota_periods, seen.vitals.throttled_periods) = (100, 5),
        "throttled",
        Trust::Suspect,
    ),
    (
        |seen| (seen.vitals.quota_periods, seen.vitals.throttled_periods) = (100, 50),
        "throttled",
        Trust::Invalid,
    ),
    (|seen| seen.vitals.cpu_exhausted = 5.0, "cpu", Trust::Suspect),
    (|seen| seen.vitals.cpu_exhausted = 10.0, "cpu", Trust::Suspect),
    (|seen| seen.vitals.workers_waited = 7.0, "cpu-wait", Trust::Suspect),
    (|seen| seen.vitals.stolen = 4.0, "steal", Trust::Suspect),
    (|seen| seen.vitals.descriptors = 950, "descriptors", Trust::Suspect),
    (|seen| seen.vitals.clock_stepped = 3.0, "clock-step", Trust::Suspect),
    (|seen| seen.lost_samples = 1, "lost-samples", Trust::Suspect),
    (|seen| seen.folded_samples = 1, "folded-series", Trust::Suspect),
    (
        |seen| seen.ceiling = Some(CeilingUse { per_second: 2_100.0, of_requests: true, reached: 2_000.0 }),
        "ceiling",
        Trust::Suspect,
    ),
];

#[test]
fn each_sickness_has_its_rule() {
    let mut found = BTreeSet::new();
    for (sicken, rule, verdict) in SICK {
        let mut observations = calm();
        sicken(&mut observations);
        let validity = judge(&observations);
        let rules: Vec<&str> = validity.reasons.iter().map(|reason| &*reason.rule).collect();
        assert_eq!((rules, validity.verdict), (vec![*rule], *verdict));
        assert!(validity.headline().contains(verdict.as_str()), "{}", validity.headline());
        let reason = &validity.reasons[0];
        let texts = [&*reason.observed, &*reason.why, &*reason.hint];
        assert!(texts.iter().all(|text| text.len() > 10 && !text.contains("NaN")), "{texts:?}");
        found.insert(*rule);
    }
    let all: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(found, all, "every rule has a case");
}

#[test]
fn little_is_no_evidence() {
    let nothing = Observations { iterations: 1, ..Observations::default() };
    assert_eq!(judge(&nothing).verdict, Trust::Valid, "what no system tells speaks against nobody");
    let mut seen = calm();
    seen.vitals.elapsed = 0.2;
    let mut short = Sink::new(MetricKind::Trend);
    (0..20).for_each(|_| short.record(90.0, Timestamp(0)));
    let Sink::Trend(short) = short else { unreachable!("it was made as one") };
    seen.vitals.loop_delay = Delays::of(&short);
    (seen.vitals.cpu_exhausted, seen.vitals.workers_waited, seen.vitals.stolen) = (0.2, 9.0, 9.0);
    (seen.arrivals, seen.late_arrivals) = (20, 2);
    assert_eq!(judge(&seen).verdict, Trust::Valid, "a fifth of a second");
    let mut seen = calm();
    (seen.arrivals, seen.late_arrivals, seen.dropped) = (9, 0, 1);
    assert_eq!(judge(&seen).verdict, Trust::Valid, "ten iterations");
    (seen.planned, seen.dropped) = (Some(99), 9);
    assert_eq!(judge(&seen).verdict, Trust::Valid, "99 iterations");
}

#[test]
fn setup_and_teardown_are_not_judged() {
    let mut run = fixture::Run::lasting(Duration::from_secs(10));
    let error = format!("dial: {}", std::io::Error::from_raw_os_error(24));
    for (group, requests, milliseconds) in
        [("", 3, 2.0), ("::checkout::setup", 2, 2.0), ("::setup", 50, 900.0), ("::teardown::x", 50, 900.0)]
    {
        let tags = [("group", group), ("error", &*error)];
        let tags = if group.len() < 10 { &tags[..] } else { &tags[..1] };
        run.record("http_reqs", tags, &vec![1.0; requests]);
        run.record("http_req_duration", tags, &vec![milliseconds; requests]);
        run.record("generator_delay", tags, &vec![milliseconds; requests]);
    }
    // An iteration may have a group of that name.
    run.record("http_reqs", &[("group", "::setup"), ("scenario", "default")], &[1.0]);
    let seen = Observations::new(Vitals { elapsed: 4.0, ..Vitals::default() }, run.absorbed());
    assert_eq!((seen.requests, seen.responses, seen.late_responses), (6, 5, 0));
    assert_eq!((seen.out_of_descriptors, seen.tolerance_ms), (3, 5.0));
    assert_eq!(seen.per_second(), 1.5, "nobody knows better than the vitals");
    let seen = Observations { starting: 2.0, ..seen };
    assert_eq!(seen.per_second(), 3.0, "the wait for the last iterations is not in it");
}

#[test]
fn a_ceiling_that_is_not_known_is_not_told() {
    let unknown = CeilingUse { per_second: 0.0, of_requests: true, reached: 2_000.0 };
    let validity = judge(&Observations { ceiling: Some(unknown), ..calm() });
    assert_eq!(validity.verdict, Trust::Valid);
    assert!(!validity.figures.iter().any(|figure| figure.contains("ceiling")), "{:?}", validity.figures);
}

#[test]
fn the_gravest_reason_comes_first() {
    let mut seen = calm();
    (seen.lost_samples, seen.late_responses, seen.vitals.cpu_exhausted) = (7, 5_000, 9.0);
    let validity = judge(&seen);
    let rules: Vec<&str> = validity.reasons.iter().map(|reason| &*reason.rule).collect();
    assert_eq!(rules, ["generator-delay", "cpu", "lost-samples"]);
    assert!(validity.headline().ends_with("(and 2 more)"), "{}", validity.headline());
    let text = serde_json::to_string(&validity).expect("plain data");
    assert_eq!(serde_json::from_str::<plimsoll_report::Validity>(&text).expect("read back"), validity);
}

/// Requests of so many milliseconds, with lateness and delays of so many.
fn measured(request: f64, late: f64) -> Aggregate {
    let (registry, mut shard, mut aggregate) =
        (Registry::new(), Shard::new(ShardConfig::default()), Aggregate::new());
    let tags = shard.tag_set(&[]);
    for (name, value) in [
        ("http_req_duration", request),
        ("http_reqs", 1.0),
        ("iterations", 1.0),
        ("iteration_lateness", late),
        ("generator_delay", late),
    ] {
        let metric = registry.by_name(name).expect("built in").id;
        let series = shard.series(metric, tags);
        (0..100).for_each(|_| shard.record(series, value, Timestamp(1)));
    }
    aggregate.absorb(&mut shard);
    aggregate
}

#[test]
fn delays_are_held_against_the_target() {
    for (request, late, tolerance, is_late) in [
        (1.0, 4.0, 5.0, false),
        (1.0, 6.0, 5.0, true),
        (400.0, 60.0, 100.0, false),
        (400.0, 150.0, 100.0, true),
    ] {
        let seen = Observations::new(calm().vitals, &measured(request, late));
        assert!((seen.tolerance_ms - tolerance).abs() < 0.5, "{}", seen.tolerance_ms);
        let expected = if is_late { 100 } else { 0 };
        assert_eq!((seen.late_arrivals, seen.late_responses), (expected, expected), "{request} {late}");
        assert_eq!((seen.arrivals, seen.responses, seen.requests, seen.iterations), (100, 100, 100, 100));
    }
    let idle = Observations::new(Vitals::default(), &Aggregate::new());
    assert_eq!(idle.tolerance_ms, 25.0);
}

#[test]
fn exhaustion_is_read_from_the_systems_own_words() {
    let mut run = fixture::Run::lasting(Duration::from_secs(10));
    let numbers = if cfg!(target_os = "linux") { (24, 99) } else { (24, 49) };
    for (number, count) in [(numbers.0, 3), (numbers.1, 5), (113, 7)] {
        let error = format!("dial: {}", std::io::Error::from_raw_os_error(number));
        let values = vec![1.0; count];
        run.record("http_reqs", &[("error", &error), ("error_code", "1213")], &values);
    }
    let seen = Observations::new(Vitals::default(), run.absorbed());
    assert_eq!((seen.out_of_descriptors, seen.out_of_ports), (3, 5));
}

#[test]
fn every_output_begins_with_what_is_wrong() {
    let mut run = fixture::sample();
    let mut seen = calm();
    seen.vitals.loop_delay = delays(800, 80.0);
    run.facts.validity = Some(judge(&seen));
    let summary = run.summary();
    let page = text::render(&summary, &Style::default());
    let first = page.lines().find(|line| !line.trim().is_empty()).expect("not empty");
    assert_eq!(first.trim(), "█ THE MEASUREMENT IS INVALID");
    assert!(page.contains("✗ the measurement is INVALID: the generator used 20 % of 2 CPUs"), "{page}");
    let html = html::render(&summary, &Timeline::default());
    let (verdict, figures) = (html.find("The measurement is <"), html.find("Key figures"));
    let place = html.find("class=\"validity\"").expect("there");
    assert!(place < figures.expect("there") && verdict.is_none(), "before the first number");
    assert!(html.contains("The measurement is INVALID"));
    let data = json::handle_summary_json(&summary, json::Terminal::default());
    assert_eq!(data["validity"]["verdict"], "INVALID");
    assert_eq!(data["validity"]["reasons"][0]["rule"], "loop-delay");
    assert!(json::summary_export(&summary).contains("\"verdict\": \"INVALID\""));
}

#[test]
fn a_valid_run_keeps_the_layout_and_says_so_in_its_verdict() {
    let mut run = fixture::sample();
    run.facts.validity = Some(judge(&calm()));
    let page = text::render(&run.summary(), &Style::default());
    assert!(page.trim_start().starts_with("█ THRESHOLDS"), "{page}");
    assert!(page.contains("✓ the measurement is VALID: the generator used 20 % of 2 CPUs; "), "{page}");
}
