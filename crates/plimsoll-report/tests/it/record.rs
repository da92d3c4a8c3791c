//! Records: what is written is what is read, also when the file was cut off.

use std::sync::OnceLock;
use std::time::Duration;

use plimsoll_metrics::{
    Aggregate, Expression, NoDataPolicy, Registry, Selector, Sink, Tags, Threshold, ThresholdSpec, Timestamp,
    builtin,
};
use plimsoll_report::record::{
    Cut, End, Header, Machine, MergeError, Record, RecordError, ScenarioState, Second, Writer,
};
use plimsoll_report::validity::{Blame, Reason};
use plimsoll_report::{
    Format, Report, RunFacts, Settings, Style, Summary, Timeline, Trust, Validity, format, html, text,
};
use proptest::prelude::*;

use crate::fixture::{Run, follow_service};

/// A run as it was, and its record.
struct Written {
    run: Run,
    timeline: Timeline,
    bytes: Vec<u8>,
    /// Where each second ends.
    ends: Vec<usize>,
}

fn written(seconds: u64, salt: u64) -> Written {
    let mut judged = Run::lasting(Duration::ZERO);
    judged.threshold("http_req_duration", &["p(95)<60"]);
    judged.goal("speed", "http_req_duration", ["p(95)<40", "p(95)<200"]);
    let header = Header {
        script: "smoke.js".to_owned(),
        scenarios: vec!["default: 3 looping VUs for 1m0s (gracefulStop: 30s)".to_owned()],
        begun: 17 + salt,
        ..Header::default()
    };
    let header = header.with_settings(&Settings::default(), NoDataPolicy::Fail);
    let header = header.with_rules(judged.specs(), judged.goals(), |_| None);
    let (mut writer, mut bytes) = Writer::begin(header, &judged.registry);
    let (mut timeline, mut ends) = (Timeline::default(), Vec::new());
    let thresholds = judged.bound();
    let mut run = follow_service(seconds, 5, salt, |run, second| {
        bytes.extend(writer.second(second, &run.registry));
        ends.push(bytes.len());
        timeline.follow(second);
        timeline.judge(second.at, &thresholds.evaluate(run.aggregate(), second.at));
    });
    bytes.extend(writer.end(&End { run: run.facts.clone(), exit_code: 99, ..End::default() }));
    run.threshold("http_req_duration", &["p(95)<60"]);
    run.goal("speed", "http_req_duration", ["p(95)<40", "p(95)<200"]);
    Written { run, timeline, bytes, ends }
}

fn of_a_minute() -> &'static Written {
    static WRITTEN: OnceLock<Written> = OnceLock::new();
    WRITTEN.get_or_init(|| written(60, 1))
}

fn summary(record: &Record) -> (Summary, Timeline) {
    record.summary(record.bound().settings.clone(), record.bound().no_data)
}

fn total(aggregate: &Aggregate) -> u64 {
    aggregate.total(builtin::HTTP_REQS).map_or(0, Sink::count)
}

/// Series by series, in order.
fn contents(aggregate: &Aggregate) -> Vec<String> {
    let line = |sink: &Sink| match sink {
        // Sums are added up in another order.
        Sink::Trend(trend) => {
            format!("{:?} {:.6}", plimsoll_metrics::TrendParts { sum: 0.0, ..trend.parts() }, trend.sum())
        }
        sink => format!("{sink:?}"),
    };
    let series = aggregate.series();
    series
        .map(|series| {
            format!(
                "{:?} {} {:?} {:?} {}",
                series.metric,
                series.tags,
                series.first,
                series.last,
                line(series.sink)
            )
        })
        .collect()
}

#[test]
fn what_is_read_is_what_was_measured() {
    let Written { run, bytes, .. } = of_a_minute();
    let record = Record::read(bytes.as_slice()).expect("whole");
    assert_eq!(record.cut, None);
    assert_eq!(record.duration(), Duration::from_secs(60));
    assert_eq!(record.seconds().count(), 60);
    assert_eq!(contents(&record.replay().aggregate), contents(run.aggregate()));
}

#[test]
fn a_record_is_shown_as_its_run_was() {
    let Written { run, timeline, bytes, .. } = of_a_minute();
    let then = run.summarise();
    let (now, its_timeline) = summary(&Record::read(bytes.as_slice()).expect("whole"));
    assert_eq!(text::render(&now, &Style::default()), text::render(&then, &Style::default()));
    assert_eq!(html::render(&now, &its_timeline), html::render(&then, timeline));
    assert!(its_timeline.crossed("http_req_duration", "p(95)<60").is_some(), "it was crossed on the way");
}

#[test]
fn a_file_that_was_cut_off_ends_with_its_last_whole_second() {
    let Written { bytes, ends, .. } = written(3, 1);
    let header = ends[0] - 1;
    for length in 0..bytes.len() {
        let whole = ends.iter().filter(|end| **end <= length).count();
        match Record::read(&bytes[..length]) {
            Ok(record) => {
                assert_eq!(record.seconds().count(), whole, "{length} bytes");
                assert!(record.end.is_none());
                let Some(Cut { whole, torn, is_damage: false }) = record.cut else {
                    panic!("{length} bytes are not all")
                };
                assert_eq!(whole + torn, length as u64);
            }
            Err(error) => {
                assert!(length < header, "{length} bytes: {error}");
                assert!(matches!(error, RecordError::NoRecord | RecordError::Empty), "{error}");
            }
        }
    }
}

#[test]
fn without_an_end_that_is_said_first() {
    let Written { bytes, ends, .. } = of_a_minute();
    let (summary, timeline) = summary(&Record::read(&bytes[..ends[11] + 5]).expect("twelve seconds"));
    assert_eq!(summary.notes()[0], "the run did not end; it was cut off after 12.0s");
    assert_eq!(summary.run.started, "1970-01-01T00:00:00Z", "the fixture's clock");
    assert_eq!(summary.run.complete_iterations, 240);
    assert_eq!(timeline.end(), Duration::from_secs(12));
    assert_eq!(summary.total.metric("http_reqs").map(|metric| metric.sink.count()), Some(240));
}

#[test]
fn damage_is_not_called_the_end() {
    let Written { bytes, ends, .. } = of_a_minute();
    let mut bytes = bytes.clone();
    bytes[ends[11] + 20] ^= 0x10;
    let record = Record::read(bytes.as_slice()).expect("twelve seconds");
    let torn = bytes.len() - ends[11];
    assert_eq!(record.cut, Some(Cut { whole: ends[11] as u64, torn: torn as u64, is_damage: true }));
    let left_out = format::counted(torn as u64, "byte");
    let note = format!(
        "the record is damaged at byte {}; {left_out} left out, and what is known goes on for 12.0s",
        ends[11]
    );
    assert_eq!(summary(&record).0.notes()[0], note);
}

#[test]
fn a_newer_form_is_refused_by_name() {
    let mut bytes = of_a_minute().bytes.clone();
    bytes[8] = 7;
    let error = Record::read(bytes).expect_err("newer").to_string();
    assert_eq!(
        error,
        "it was written by a newer plimsoll: its form has version 7, and this plimsoll knows versions up to 2"
    );
    assert_eq!(Record::read(*b"{\"a\": 1}").expect_err("JSON"), RecordError::NoRecord);
}

/// A run of ten seconds whose scenarios ran from the third to the fifth, with ten requests each. `setup` has
/// made a hundred before, `teardown` none.
fn with_windows() -> Vec<u8> {
    with_windows_and(|_, _| ())
}

/// The same, its seconds changed.
fn with_windows_and(change: impl Fn(usize, &mut Second)) -> Vec<u8> {
    let threshold = |text: &str| Threshold {
        window: Some(Duration::from_secs(2)),
        ..Threshold::new(Expression::parse(text).expect(text))
    };
    let selector = Selector::parse("http_reqs").expect("a metric");
    let thresholds = ["count>=20", "count<=20"].map(threshold).to_vec();
    let header = Header::default().with_settings(&Settings::default(), NoDataPolicy::Fail);
    let header = header.with_rules(&[ThresholdSpec { selector, thresholds }], &[], |_| None);
    let registry = Registry::new();
    let (mut writer, mut bytes) = Writer::begin(header, &registry);
    for number in 0..10 {
        let mut part = Aggregate::new();
        let mut requests = Sink::new(builtin::HTTP_REQS.kind());
        let count = [100, 100, 10, 10, 10].get(number).copied().unwrap_or_default();
        (0..count).for_each(|_| requests.record(1.0, Timestamp(1)));
        if count > 0 {
            part.add(builtin::HTTP_REQS, &Tags::default(), &requests, (Timestamp(1), Timestamp(1)));
        }
        let ran = ScenarioState {
            name: "default".into(),
            executor: "shared-iterations".into(),
            start: Duration::from_secs(2),
            length: Duration::from_secs(3),
            made_on_demand: 0,
            dropped: 0,
        };
        let mut second = Second {
            at: Duration::from_secs(number as u64 + 1),
            length: Duration::from_secs(1),
            part,
            began_in_scenarios: (2..5).contains(&number),
            scenarios: if number < 2 { Vec::new() } else { vec![ran] },
            ..Second::default()
        };
        change(number, &mut second);
        bytes.extend(writer.second(&second, &registry));
    }
    bytes
}

#[test]
fn windows_slide_while_scenarios_run() {
    let mut bytes = with_windows();
    let (as_it_was, _) = summary(&Record::read(bytes.as_slice()).expect("ten seconds"));
    let tally = as_it_was.tally();
    assert_eq!((tally.passed, tally.crossed), (2, 0), "{:?}", as_it_was.thresholds);
    // The first form did not say it: there they go on to the end.
    bytes[8] = 1;
    let (of_old, _) = summary(&Record::read(bytes).expect("ten seconds"));
    assert_eq!(of_old.tally().crossed, 1, "{:?}", of_old.thresholds);
}

/// Scenarios go on until the seventh second, but only wait for what is under way from the sixth on.
#[test]
fn lower_bounds_end_with_the_last_start() {
    let crossed = |has_ceased| {
        let bytes = with_windows_and(|number, second| {
            second.began_in_scenarios = (2..7).contains(&number);
            second.has_ceased = has_ceased && number >= 5;
        });
        let (summary, _) = summary(&Record::read(bytes.as_slice()).expect("ten seconds"));
        summary.tally().crossed
    };
    assert_eq!((crossed(true), crossed(false)), (0, 1));
}

#[test]
fn every_form_says_which_window_broke() {
    let mut bytes = with_windows();
    bytes[8] = 1;
    let record = Record::read(bytes).expect("ten seconds");
    let (summary, timeline) = summary(&record);
    let header = &record.header;
    let report = Report { summary: &summary, timeline: &timeline, header, exit_code: None };
    let broke = "count=0 (worst from 5.0s to 7.0s; 5 of 7 windows broke it)";
    for form in [Format::Text, Format::JUnit, Format::Markdown, Format::GitHub] {
        let text = report.render(form, &Style::default());
        assert!(text.contains(broke), "{form:?}: {text}");
    }
    let document: serde_json::Value =
        serde_json::from_str(&report.render(Format::Json, &Style::default())).expect("JSON");
    assert_eq!(
        document["thresholds"][0]["worst"],
        serde_json::json!({ "from": 5, "to": 7, "full": true, "judged": 7, "broken": 5 })
    );
}

#[test]
fn instances_add_up() {
    let (one, other) = (written(20, 1), written(30, 3));
    let records = [&one, &other].map(|written| Record::read(written.bytes.as_slice()).expect("whole"));
    let alone: u64 = records.iter().map(|record| total(&record.replay().aggregate)).sum();
    let merged = Record::merge(records.into()).expect("one test");
    let replay = merged.replay();
    assert_eq!((merged.instances(), merged.duration()), (2, Duration::from_secs(30)));
    assert_eq!(total(&replay.aggregate), alone);
    let mut sum = Aggregate::new();
    [&one, &other].iter().for_each(|written| sum.merge_all(written.run.aggregate()));
    let buckets = |aggregate: &Aggregate| match aggregate.total(builtin::HTTP_REQ_DURATION) {
        Some(Sink::Trend(trend)) => trend.positive_buckets().map(|bucket| bucket.count).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    assert_eq!(buckets(&replay.aggregate), buckets(&sum), "bucket for bucket");
    let vus: Vec<u32> = merged.seconds().map(|second| second.vus).collect();
    assert_eq!((vus[4], vus[19], vus[20]), (18, 42, 21), "users add up as long as both have them");
    let Some(Sink::Gauge(users)) = replay.aggregate.total(builtin::VUS) else { panic!("a gauge") };
    assert_eq!((users.max, users.last), (42.0, 21.0));
    let (summary, _) = summary(&merged);
    assert_eq!(summary.run.complete_iterations, 1_000);
}

/// An instance's end with what speaks against its measurement.
fn judged(verdict: Trust, rules: &[(&'static str, Trust, &str)], figure: &str, exit_code: u8) -> Vec<u8> {
    let header = Header::default().with_settings(&Settings::default(), NoDataPolicy::Fail);
    let (writer, mut bytes) = Writer::begin(header, &Registry::new());
    let reason = |(rule, verdict, observed): &(&'static str, Trust, &str)| Reason {
        rule: (*rule).into(),
        verdict: *verdict,
        blame: Blame::Generator,
        observed: (*observed).to_owned(),
        why: "for a test".into(),
        hint: "none".into(),
    };
    let reasons = rules.iter().map(reason).collect();
    let validity = Some(Validity { verdict, reasons, figures: vec![figure.to_owned()] });
    let run = RunFacts { validity, ..RunFacts::default() };
    bytes.extend(writer.end(&End { run, exit_code, ..End::default() }));
    bytes
}

#[test]
fn what_speaks_against_one_instance_speaks_against_all() {
    let (suspect, invalid) = (Trust::Suspect, Trust::Invalid);
    let lost = "7,000 samples were lost";
    let one = judged(suspect, &[("lost", suspect, lost), ("cpu", suspect, "CPU 91 %")], "CPU 91 %", 99);
    let other =
        judged(invalid, &[("loop-delay", invalid, "late"), ("cpu", invalid, "CPU 99 %")], "CPU 99 %", 96);
    let valid = judged(Trust::Valid, &[], "CPU 3 %", 0);
    let records = [one, other, valid].map(|bytes| Record::read(bytes).expect("whole"));
    let whole = Record::merge(records.into()).expect("one test").end.expect("an end");
    assert_eq!(whole.exit_code, 96);
    let validity = whole.run.validity.expect("a verdict");
    let observed: Vec<&str> = validity.reasons.iter().map(|reason| reason.observed.as_str()).collect();
    assert_eq!((validity.verdict, observed), (invalid, vec!["CPU 99 %", "late", lost]));
    let figures = ["instance 1: CPU 91 %", "instance 2: CPU 99 %", "instance 3: CPU 3 %"];
    assert_eq!(validity.figures, figures);
}

#[test]
fn clocks_of_instances_need_not_agree() {
    let (mut one, other) = (written(3, 1), written(3, 2));
    one.run.facts.started_at.0 += 75_000_000_000;
    let at = one.ends[2];
    one.bytes.truncate(at);
    let (writer, _) = Writer::begin(Header::default(), &one.run.registry);
    one.bytes.extend(writer.end(&End { run: one.run.facts.clone(), ..End::default() }));
    let records = [one, other].map(|written| Record::read(written.bytes).expect("whole"));
    let (summary, _) = summary(&Record::merge(records.into()).expect("one test"));
    let note = "the clocks of two instances say that their tests began 1m15s apart: they are shown as if \
                they had begun together";
    assert!(summary.notes().contains(&note.to_owned()), "{:?}", summary.notes());
}

#[test]
fn records_of_different_tests_do_not_merge() {
    let one = Record::read(of_a_minute().bytes.as_slice()).expect("whole");
    let mut other = one.clone();
    other.header.script = "checkout.js".to_owned();
    let error = Record::merge(vec![one, other]).expect_err("two tests").to_string();
    assert_eq!(error, "it is not of the same test as the first: their scripts differ");
}

#[test]
fn no_run_counts_twice() {
    let Written { bytes, ends, .. } = of_a_minute();
    let whole = Record::read(bytes.as_slice()).expect("whole");
    let while_it_ran = Record::read(&bytes[..ends[11]]).expect("twelve seconds");
    let mut other = whole.clone();
    other.header.segment = "0:1/2".to_owned();
    let twice = Record::merge(vec![whole, other, while_it_ran]).expect_err("the first is there again");
    assert_eq!(twice, MergeError::Again { record: 2, other: 0 });
}

#[test]
fn runs_that_followed_each_other_are_not_instances() {
    let at = |host: &str, segment: &str, began: u64| {
        let second = 1_000_000_000;
        let machine = Machine { host: host.to_owned(), ..Machine::default() };
        let segment = segment.to_owned();
        let header = Header { begun: began * second, machine, segment, ..Header::default() };
        let header = header.with_settings(&Settings::default(), NoDataPolicy::Fail);
        let (writer, mut bytes) = Writer::begin(header, &Registry::new());
        let (started_at, duration) = (Timestamp(began * second), Duration::from_secs(60));
        let run = RunFacts { started_at, duration, ..RunFacts::default() };
        bytes.extend(writer.end(&End { run, ..End::default() }));
        Record::read(bytes).expect("whole")
    };
    let merged = |one, other| Record::merge(vec![one, other]).map(|record| record.instances());
    let successive = Err(MergeError::Successive { record: 1, other: 0 });
    assert_eq!(merged(at("a", "", 100), at("a", "", 161)), successive);
    assert_eq!(merged(at("a", "", 161), at("a", "", 100)), successive);
    assert_eq!(merged(at("a", "", 100), at("a", "", 159)), Ok(2), "they overlap");
    assert_eq!(merged(at("a", "0:1/2", 100), at("a", "1/2:1", 161)), Ok(2), "two parts of a load");
    assert_eq!(merged(at("a", "", 100), at("b", "", 161)), Ok(2), "clocks need not agree");
    assert_eq!(merged(at("", "", 100), at("", "", 161)), Ok(2), "nobody knows where");
}

/// The last reading of a run comes soon after the one before, and belongs to the same second.
#[test]
fn a_second_of_two_readings_is_as_long_as_both() {
    let instance = |begun| {
        let header = Header { begun, ..Header::default() };
        let header = header.with_settings(&Settings::default(), NoDataPolicy::Fail);
        let registry = Registry::new();
        let (mut writer, mut bytes) = Writer::begin(header, &registry);
        let mut at = Duration::ZERO;
        for length in [1_000, 1_000, 1_000, 400].map(Duration::from_millis) {
            at += length;
            bytes.extend(writer.second(&Second { at, length, ..Second::default() }, &registry));
        }
        Record::read(bytes).expect("four readings")
    };
    let merged = Record::merge(vec![instance(1), instance(2)]).expect("one test");
    let lengths: Vec<u128> = merged.seconds().map(|second| second.length.as_millis()).collect();
    assert_eq!(lengths, [1_000, 1_000, 1_400]);
    let ends: Vec<u128> = merged.seconds().map(|second| second.at.as_millis()).collect();
    assert_eq!(ends, [1_000, 2_000, 3_400]);
}

#[test]
fn an_hour_of_fifty_series_takes_two_megabytes() {
    let judged = Run::lasting(Duration::ZERO);
    let header = Header::default().with_settings(&Settings::default(), NoDataPolicy::Fail);
    let (mut writer, _) = Writer::begin(header, &judged.registry);
    let mut lengths = Vec::new();
    let run = follow_service(120, 16, 1, |run, second| {
        lengths.push(writer.second(second, &run.registry).len());
    });
    let series = run.aggregate().series().count();
    assert!(series >= 50, "{series} series");
    let hour = lengths.iter().sum::<usize>() * 30;
    assert!(hour <= 2 << 20, "{hour} bytes an hour for {series} series");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is changed, it is noticed or cut off.
    #[test]
    fn damage_is_never_believed(place in 0usize..20_000, bit in 0u8..8) {
        let mut bytes = of_a_minute().bytes.clone();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        match Record::read(bytes) {
            Ok(record) => prop_assert!(record.end.is_none() || (8..10).contains(&place), "byte {}", place),
            Err(error) => prop_assert!(!matches!(error, RecordError::Malformed { .. }), "{}", error),
        }
    }
}
