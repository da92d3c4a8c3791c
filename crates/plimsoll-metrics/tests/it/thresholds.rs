//! Judging thresholds on recorded samples.

use std::time::Duration;

use plimsoll_metrics::{
    BindError, Expression, MetricKind, NoDataPolicy, Outcome, Selector, Threshold, ThresholdReport,
    ThresholdSpec, Thresholds,
};

use crate::support::Run;

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn spec(selector: &str, expressions: &[&str]) -> ThresholdSpec {
    let thresholds =
        expressions.iter().map(|text| Threshold::new(Expression::parse(text).expect(text))).collect();
    ThresholdSpec { selector: Selector::parse(selector).expect(selector), thresholds }
}

fn judge(run: &Run, selector: &str, expression: &str) -> Outcome {
    report(run, &[spec(selector, &[expression])]).rules[0].results[0].outcome
}

fn report(run: &Run, specs: &[ThresholdSpec]) -> ThresholdReport {
    let thresholds = Thresholds::bind(specs, &run.registry).expect("known metrics");
    thresholds.evaluate(&run.aggregate, TEN_SECONDS)
}

/// A run of 10 s with something of every kind.
fn sample_run() -> Run {
    let mut run = Run::new();
    run.declare("never_called", MetricKind::Counter);
    run.declare("never_measured", MetricKind::Trend);
    run.declare("never_judged", MetricKind::Rate);
    for n in 1..=100 {
        let status = if n % 4 == 0 { "500" } else { "200" };
        let tags = [("status", status), ("name", "list"), ("scenario", "browse")];
        run.record("http_reqs", &tags, 1.0);
        run.record("http_req_failed", &tags, f64::from(u8::from(status == "500")));
        run.record("http_req_duration", &tags, f64::from(n));
        run.record("vus", &[], f64::from(n));
    }
    run.absorb();
    run
}

#[test]
fn every_aggregation_measures_what_it_says() {
    let run = sample_run();
    for (selector, expression, passes, value) in [
        ("http_reqs", "count==100", true, 100.0),
        ("http_reqs", "count<100", false, 100.0),
        ("http_reqs", "rate>9.99", true, 10.0),
        ("http_reqs{status:500}", "count===25", true, 25.0),
        ("http_reqs{status:500}", "rate!=2.5", false, 2.5),
        ("http_req_failed", "rate<0.25", false, 0.25),
        ("http_req_failed", "rate<=0.25", true, 0.25),
        ("vus", "value>=100", true, 100.0),
        ("http_req_duration", "avg<=50.5", true, 50.5),
        ("http_req_duration", "min>1", false, 1.0),
        ("http_req_duration", "max<=100", true, 100.0),
        ("http_req_duration", "med<51", true, 50.5),
        ("http_req_duration", "p(95)<90", false, 95.05),
        ("http_req_duration", "p(99.9)<=100", true, 99.901),
        ("http_req_duration", "p(0)<1", false, 1.0),
        ("http_req_duration{status:500,name:list}", "max<=100", true, 100.0),
        ("http_req_duration{status:200}", "max<100", true, 99.0),
    ] {
        let outcome = judge(&run, selector, expression);
        assert_eq!(
            matches!(outcome, Outcome::Passed { .. }),
            passes,
            "{selector}: {expression}: {outcome:?}"
        );
        let measured = outcome.value().expect("there are data");
        assert!((measured - value).abs() <= 0.002 * value, "{selector}: {expression}: {measured}");
    }
}

#[test]
fn no_data_is_neither_passed_nor_crossed() {
    let run = sample_run();
    for (selector, expression, k6_passes) in [
        ("never_called", "count<10", true),
        ("never_called", "count>10", false),
        ("never_measured", "p(95)<500", true),
        ("never_measured", "p(95)>5", false),
        ("never_judged", "rate>0.9", true),
        ("checks", "rate>0.9", true),
        ("http_req_duration{status:404}", "max<1", true),
        ("dropped_iterations{scenario:a}", "count<1", true),
    ] {
        let outcome = judge(&run, selector, expression);
        assert_eq!(outcome, Outcome::NoData { k6_passes }, "{selector}: {expression}");
        assert!(outcome.fails(NoDataPolicy::Fail));
        assert_eq!(outcome.fails(NoDataPolicy::LikeK6), !k6_passes, "{selector}: {expression}");
    }
}

#[test]
fn no_dropped_iterations_are_a_measured_zero() {
    let run = sample_run();
    assert_eq!(judge(&run, "dropped_iterations", "count==0"), Outcome::Passed { value: 0.0 });
    assert_eq!(judge(&run, "dropped_iterations", "count>0"), Outcome::Crossed { value: 0.0 });
}

#[test]
fn no_data_are_explained() {
    let run = sample_run();
    for (selector, reason) in [
        ("http_req_duration", None),
        ("never_called", Some("no sample of 'never_called' was recorded")),
        ("http_reqs{status:404}", Some("no sample of 'http_reqs' has status '404'; there is '200', '500'")),
        (
            "http_reqs{scenario:browes}",
            Some("no sample of 'http_reqs' has scenario 'browes'; did you mean 'browse'?"),
        ),
        (
            "http_reqs{statsu:200}",
            Some("no sample of 'http_reqs' has the tag 'statsu'; did you mean 'status'?"),
        ),
        ("http_reqs{colour:red}", Some("no sample of 'http_reqs' has the tag 'colour'")),
    ] {
        let expression = if selector.contains("duration") { "max>0" } else { "count>0" };
        let report = report(&run, &[spec(selector, &[expression])]);
        assert_eq!(report.rules[0].no_data.as_deref(), reason, "{selector}");
    }
}

#[test]
fn tags_that_never_meet_are_explained() {
    let mut run = Run::new();
    run.record("http_reqs", &[("a", "1"), ("b", "1")], 1.0);
    run.record("http_reqs", &[("a", "2"), ("b", "2")], 1.0);
    run.absorb();
    let report = report(&run, &[spec("http_reqs{a:1,b:2}", &["count>0"])]);
    let reason = "no sample of 'http_reqs' has all of these tags at once: a:1,b:2";
    assert_eq!(report.rules[0].no_data.as_deref(), Some(reason));
}

#[test]
fn binding_reports_every_problem_at_once() {
    let run = sample_run();
    let specs = [
        spec("http_req_durations", &["p(95)<500"]),
        spec("http_req_duration", &["p(95)<500", "count>1", "rate<1"]),
        spec("http_reqs", &["avg<1"]),
        spec("vus", &["value>1", "med>1"]),
        spec("http_req_failed", &["count<1"]),
        spec("banana", &["count<1"]),
    ];
    let errors = Thresholds::bind(&specs, &run.registry).expect_err("seven of them");
    let texts: Vec<_> = errors.iter().map(BindError::to_string).collect();
    let unsupported = |expression: &str, selector: &str, aggregation: &str, kind: &str, supported: &str| {
        format!(
            "threshold '{expression}' on '{selector}': aggregation '{aggregation}' is not supported \
             for a {kind} metric; supported: {supported}"
        )
    };
    let of_trends = "avg, min, max, med, p(N) with N from 0 to 100";
    assert_eq!(
        texts,
        [
            "threshold on 'http_req_durations': no metric name 'http_req_durations' found; \
             did you mean 'http_req_duration'?"
                .to_owned(),
            unsupported("count>1", "http_req_duration", "count", "trend", of_trends),
            unsupported("rate<1", "http_req_duration", "rate", "trend", of_trends),
            unsupported("avg<1", "http_reqs", "avg", "counter", "count, rate"),
            unsupported("med>1", "vus", "med", "gauge", "value, min, max"),
            unsupported("count<1", "http_req_failed", "count", "rate", "rate"),
            "threshold on 'banana': no metric name 'banana' found".to_owned(),
        ]
    );
}

#[test]
fn crossing_ends_the_run_only_when_asked_and_after_the_delay() {
    let run = sample_run();
    let mut specs = [spec("never_called", &["count>5"]), spec("http_req_failed", &["rate<0.1", "rate<0.2"])];
    specs[0].thresholds[0].abort_on_fail = true;
    assert!(report(&run, &specs).abort(TEN_SECONDS).is_none(), "missing data may still come");

    specs[1].thresholds[1].abort_on_fail = true;
    specs[1].thresholds[1].delay_abort_eval = Duration::from_secs(5);
    let report = report(&run, &specs);
    assert!(report.abort(Duration::from_secs(5)).is_none());
    let (rule, result) = report.abort(Duration::from_secs(6)).expect("crossed, and late enough");
    assert_eq!((rule.selector.source(), result.threshold.source()), ("http_req_failed", "rate<0.2"));
}

#[test]
fn failing_selectors_are_sorted() {
    let run = sample_run();
    let specs = [
        spec("vus", &["value>1000"]),
        spec("http_reqs", &["count>1", "count>1000"]),
        spec("http_req_duration", &["max<1000"]),
        spec("checks", &["rate>0.5"]),
    ];
    let report = report(&run, &specs);
    assert_eq!(report.failing(NoDataPolicy::Fail), ["checks", "http_reqs", "vus"]);
    assert_eq!(report.failing(NoDataPolicy::LikeK6), ["http_reqs", "vus"]);
    assert!(report.fails(NoDataPolicy::LikeK6));
    assert!(!ThresholdReport::default().fails(NoDataPolicy::Fail));
}
