//! Thresholds with windows.

use std::time::Duration;

use plimsoll_metrics::threshold::{Stage, WindowResult, Windows};
use plimsoll_metrics::{
    BindError, Expression, MetricKind, Outcome, Selector, Threshold, ThresholdResult, ThresholdSpec,
    Thresholds,
};

use crate::support::Run;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn windowed(selector: &str, expression: &str, window: f64) -> ThresholdSpec {
    let mut threshold = Threshold::new(Expression::parse(expression).expect(expression));
    threshold.window = Some(seconds(window));
    ThresholdSpec { selector: Selector::parse(selector).expect(selector), thresholds: vec![threshold] }
}

/// A run whose samples come second by second.
struct Sliding {
    run: Run,
    thresholds: Thresholds,
    windows: Windows,
    now: Duration,
}

impl Sliding {
    fn new(selector: &str, expression: &str, window: f64) -> Self {
        let run = Run::new();
        run.metric("wait");
        for (name, kind) in
            [("fails", MetricKind::Rate), ("orders", MetricKind::Counter), ("depth", MetricKind::Gauge)]
        {
            run.declare(name, kind);
        }
        let spec = windowed(selector, expression, window);
        let thresholds = Thresholds::bind(&[spec], &run.registry).expect("known metrics");
        let windows = Windows::new(&thresholds);
        Self { run, thresholds, windows, now: Duration::ZERO }
    }

    /// One step, in which these samples are recorded.
    fn step(&mut self, length: f64, metric: &str, tags: &[(&str, &str)], values: &[f64]) {
        values.iter().for_each(|value| self.run.record(metric, tags, *value));
        self.run.absorb();
        let start = self.now;
        self.now += seconds(length);
        self.windows.advance(&self.run.aggregate, start, self.now);
    }

    fn result(&self, stage: Stage) -> ThresholdResult {
        let mut report = self.thresholds.evaluate(&self.run.aggregate, self.now);
        self.windows.complete(&mut report, stage);
        report.rules.remove(0).results.remove(0)
    }
}

#[test]
fn ten_bad_seconds_break_a_window_that_the_whole_run_hides() {
    let mut sliding = Sliding::new("fails", "rate<0.5", 10.0);
    for second in 0..120 {
        let failed = f64::from(u8::from((58..68).contains(&second)));
        sliding.step(1.0, "fails", &[], &[failed; 20]);
        let crossed = matches!(sliding.result(Stage::Running).outcome, Outcome::Crossed { .. });
        // Five of ten seconds are a half.
        assert_eq!(crossed, second >= 62, "after second {second}");
    }
    let ThresholdResult { outcome, window, .. } = sliding.result(Stage::Over);
    assert_eq!(outcome, Outcome::Crossed { value: 1.0 });
    let span = (seconds(58.0), seconds(68.0));
    assert_eq!(window, Some(WindowResult { span, is_full: true, judged: 111, broken: 11 }));
    let whole = sliding.thresholds.evaluate(&sliding.run.aggregate, sliding.now);
    assert!(matches!(whole.rules[0].results[0].outcome, Outcome::Passed { .. }), "10 s of 120 s");
}

#[test]
fn every_kind_has_windows() {
    for (metric, expression, quiet, loud, worst) in [
        ("orders", "count<=30", 1.0, 9.0, 36.0),
        ("orders", "rate<5", 1.0, 9.0, 9.0),
        ("fails", "rate<0.9", 0.0, 1.0, 1.0),
        ("depth", "value<8", 1.0, 9.0, 9.0),
        ("wait", "avg<8", 1.0, 9.0, 9.0),
        ("wait", "p(90)<8", 1.0, 9.0, 9.0),
        ("wait", "med>1", 9.0, 1.0, 1.0),
    ] {
        let mut sliding = Sliding::new(metric, expression, 4.0);
        for second in 0..30 {
            let value = if (10..14).contains(&second) { loud } else { quiet };
            sliding.step(1.0, metric, &[], &[value]);
        }
        let ThresholdResult { outcome, window, .. } = sliding.result(Stage::Over);
        assert_eq!(outcome, Outcome::Crossed { value: worst }, "{metric} {expression}");
        let span = window.expect("windows were judged").span;
        // At its worst as soon as the window has as many loud samples as decide it: one, two, three, all.
        let start = match (metric, expression) {
            ("depth", _) => 7.0,
            (_, "p(90)<8") => 8.0,
            (_, "med>1") => 9.0,
            _ => 10.0,
        };
        assert_eq!(span, (seconds(start), seconds(start + 4.0)), "{metric} {expression}");
    }
}

#[test]
fn tags_narrow_windows() {
    let mut sliding = Sliding::new("fails{name:pay}", "rate<0.5", 2.0);
    for _ in 0..5 {
        sliding.run.record("fails", &[("name", "pay")], 0.0);
        sliding.step(1.0, "fails", &[("name", "list")], &[1.0; 9]);
    }
    assert_eq!(sliding.result(Stage::Over).outcome, Outcome::Passed { value: 0.0 });
}

#[test]
fn a_window_that_is_not_full_crosses_nothing_until_the_end() {
    let mut sliding = Sliding::new("fails", "rate<0.5", 10.0);
    sliding.step(1.0, "fails", &[], &[1.0; 3]);
    let running = sliding.result(Stage::Running);
    assert_eq!(running.outcome, Outcome::Passed { value: 1.0 });
    let over = sliding.result(Stage::Over);
    assert_eq!(over.outcome, Outcome::Crossed { value: 1.0 });
    assert!(!over.window.expect("judged on what there is").is_full);
}

#[test]
fn silence_is_zero_for_counters_and_nothing_for_others() {
    let mut orders = Sliding::new("orders", "count>=1", 2.0);
    let mut fails = Sliding::new("fails", "rate>0.5", 2.0);
    for sliding in [&mut orders, &mut fails] {
        sliding.step(1.0, "orders", &[], &[]);
    }
    assert!(matches!(orders.result(Stage::Over).outcome, Outcome::NoData { .. }));
    for second in 0..6 {
        let values: &[f64] = if second < 2 { &[1.0] } else { &[] };
        orders.step(1.0, "orders", &[], values);
        fails.step(1.0, "fails", &[], values);
    }
    assert_eq!(orders.result(Stage::Over).outcome, Outcome::Crossed { value: 0.0 });
    assert_eq!(fails.result(Stage::Over).outcome, Outcome::Passed { value: 1.0 });
}

#[test]
fn late_looks_and_long_windows_keep_their_length() {
    // Looks come a little late, one of them seconds late.
    let mut sliding = Sliding::new("orders", "count<1000", 5.0);
    for length in [1.01, 0.99, 1.02, 3.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0] {
        sliding.step(length, "orders", &[], &[1.0]);
    }
    let (start, end) = sliding.result(Stage::Over).window.expect("full").span;
    assert!((4.9..=5.11).contains(&(end - start).as_secs_f64()), "{start:?} to {end:?}");
    // An hour is kept in 600 parts.
    let mut sliding = Sliding::new("orders", "count<=3600", 3600.0);
    (0..8000).for_each(|_| sliding.step(1.0, "orders", &[], &[1.0]));
    let ThresholdResult { outcome, window, .. } = sliding.result(Stage::Over);
    let (start, end) = window.expect("full").span;
    let length = (end - start).as_secs_f64();
    assert!((3600.0..3607.0).contains(&length), "{length}");
    assert!((3600.0..3607.0).contains(&outcome.value().expect("judged")), "{outcome:?}");
}

#[test]
fn what_came_before_windows_is_in_no_result() {
    let mut sliding = Sliding::new("fails", "rate<0.1", 10.0);
    sliding.run.record("fails", &[], 1.0);
    sliding.run.absorb();
    for stage in [Stage::Running, Stage::Over] {
        let result = sliding.result(stage);
        assert!(matches!(result.outcome, Outcome::NoData { .. }), "{stage:?}: {result:?}");
        assert_eq!(result.window, None);
    }
    sliding.windows.begin(&sliding.run.aggregate);
    sliding.step(1.0, "fails", &[], &[]);
    let mut report = sliding.thresholds.evaluate(&sliding.run.aggregate, sliding.now);
    assert_eq!(report.rules[0].no_data, None);
    sliding.windows.complete(&mut report, Stage::Over);
    assert!(matches!(report.rules[0].results[0].outcome, Outcome::NoData { .. }), "{report:?}");
    let reason = "no sample of 'fails' was recorded while scenarios ran";
    assert_eq!(report.rules[0].no_data.as_deref(), Some(reason));
}

#[test]
fn sums_are_judged_over_the_length_of_the_window() {
    // A hundred a second, and looks that come at odd times.
    for lengths in [[0.75, 1.0, 1.0, 1.0], [0.94, 1.0, 1.0, 1.0], [0.5, 1.0, 2.5, 1.0]] {
        for expression in ["count>=95", "count<=105"] {
            let mut orders = Sliding::new("orders", expression, 1.0);
            for length in lengths {
                orders.step(length, "orders", &[], &[length * 100.0]);
            }
            let result = orders.result(Stage::Over);
            assert!(matches!(result.outcome, Outcome::Passed { .. }), "{lengths:?}: {result:?}");
            let window = result.window.expect("windows were judged");
            assert!(window.is_full && window.span.1 - window.span.0 == seconds(1.0), "{window:?}");
        }
    }
}

#[test]
fn a_window_may_be_short_by_a_fiftieth() {
    for (length, is_full) in [(0.97, false), (0.985, true), (1.0, true)] {
        let mut orders = Sliding::new("orders", "rate>50", 1.0);
        orders.step(length, "orders", &[], &[100.0]);
        assert_eq!(orders.result(Stage::Over).window.map(|window| window.is_full), Some(is_full), "{length}");
    }
}

#[test]
fn lower_bounds_on_counters_do_not_judge_the_drain() {
    let run = |metric: &str, expression: &str, window: f64| {
        let mut sliding = Sliding::new(metric, expression, window);
        (0..20).for_each(|_| sliding.step(1.0, metric, &[], &[0.0, 0.0, 100.0]));
        sliding.windows.cease();
        (0..12).for_each(|_| sliding.step(1.0, metric, &[], &[1.0]));
        sliding.result(Stage::Over)
    };
    assert_eq!(run("orders", "rate>50", 10.0).outcome, Outcome::Passed { value: 100.0 });
    assert_eq!(run("orders", "count>=500", 5.0).outcome, Outcome::Passed { value: 500.0 });
    // Shorter than the window: what was under way counts, and takes no time.
    let short = run("orders", "rate>=100", 60.0);
    assert_eq!(short.outcome, Outcome::Passed { value: 100.6 });
    assert_eq!(short.window.map(|window| window.span), Some((seconds(0.0), seconds(20.0))));
    // Whatever fails in the drain has failed.
    assert_eq!(run("fails", "rate<0.5", 10.0).outcome, Outcome::Crossed { value: 1.0 });
    assert_eq!(run("orders", "count<=1000", 10.0).outcome, Outcome::Passed { value: 1000.0 });
}

#[test]
fn extremes_of_gauges_are_of_whole_runs() {
    let run = Run::new();
    run.declare("depth", MetricKind::Gauge);
    let bind = |expression| Thresholds::bind(&[windowed("depth", expression, 10.0)], &run.registry);
    assert!(bind("value<8").is_ok());
    for (expression, aggregation) in [("max<8", "max"), ("min>1", "min")] {
        let errors = bind(expression).expect_err("extremes of a gauge");
        let texts: Vec<_> = errors.iter().map(BindError::to_string).collect();
        let text = format!(
            "threshold '{expression}' on 'depth': '{aggregation}' of a gauge is not known for windows, only \
             'value' is; leave out the window, or make the metric a trend"
        );
        assert_eq!(texts, [text]);
    }
}
