//! The text summary. Snapshots in `snapshots/` show whole texts; k6's part of them is byte for byte k6's
//! layout.

use std::time::Duration;

use plimsoll_metrics::{MetricKind, NoDataPolicy, ValueKind};
use plimsoll_plan::options::keyword::{SummaryMode, TimeUnit};
use plimsoll_plan::options::reporting::TrendStat;
use plimsoll_report::{ArrivalFacts, Style, text};

use crate::fixture::{Run, outage, sample};

fn render(run: Run) -> String {
    text::render(&run.summary(), &Style::default())
}

/// The line that begins with `start`, blanks aside.
fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .find(|line| line.trim_start().starts_with(start))
        .unwrap_or_else(|| panic!("{start}: {text}"))
}

#[test]
fn a_compact_summary() {
    let text = render(sample());
    assert!(text.starts_with("\n  █ THRESHOLDS \n\n    checks\n"), "k6 begins with an empty line");
    assert!(text.contains("209 kB/s\n\n\n  █ ENDPOINTS \n"), "k6 ends a section with an empty line");
    insta::assert_snapshot!(text);
}

#[test]
fn a_full_summary_has_groups_and_scenarios() {
    let mut run = Run::lasting(Duration::from_secs(10));
    run.settings.mode = SummaryMode::Full;
    for (scenario, group, ms) in [
        ("default", "", 1.0),
        ("default", "::browse", 2.0),
        ("default", "::browse::search", 3.0),
        ("default", "::setup", 9.0),
        ("left", "", 4.0),
        ("left", "::pay", 5.0),
    ] {
        let tags = [("scenario", scenario), ("group", group)];
        run.record("http_req_duration", &tags, &[ms]);
        run.record("http_req_waiting", &tags, &[ms]);
        let check = [("scenario", scenario), ("group", group), ("check", "ok")];
        run.record("checks", &check, &[1.0, f64::from(u8::from(ms < 5.0))]);
    }
    insta::assert_snapshot!(render(run));
}

#[test]
fn a_run_without_samples_says_so() {
    let mut run = Run::lasting(Duration::from_secs(1));
    run.facts.complete_iterations = 0;
    run.threshold("http_req_duration", &["p(95)<500"]);
    insta::assert_snapshot!(render(run));
}

#[test]
fn a_run_without_anything_says_so() {
    let mut run = Run::lasting(Duration::ZERO);
    run.facts.ended_early = Some("stopped by SIGINT".to_owned());
    insta::assert_snapshot!(render(run));
}

#[test]
fn an_outage_is_explained() {
    insta::assert_snapshot!(render(outage()));
}

#[test]
fn a_scenario_that_lacked_vus_is_told_how_many() {
    let mut run = Run::lasting(Duration::from_secs(10));
    run.record("iteration_duration", &[("scenario", "checkout")], &[150.0, 250.0]);
    run.record("iteration_duration", &[("scenario", "browse")], &[9_000.0]);
    run.record_at("dropped_iterations", &[("scenario", "checkout")], &[40.0], Duration::from_millis(300));
    run.record_at("dropped_iterations", &[("scenario", "checkout")], &[60.0], Duration::from_millis(9_000));
    run.facts.complete_iterations = 300;
    let facts = |scenario: &str, dropped| ArrivalFacts {
        scenario: scenario.to_owned(),
        peak_rate: 50.5,
        pre_allocated_vus: 5,
        max_vus: 5,
        made_on_demand: 0,
        dropped,
    };
    run.facts.arrivals = vec![facts("checkout", 100), facts("browse", 0)];
    let text = render(run);
    assert_eq!(
        line(&text, "! 100 iterations"),
        "    ! 100 iterations were dropped (0.3s to 9.0s): never started, so missing from every percentile"
    );
    assert_eq!(
        line(&text, "! scenario"),
        "    ! scenario checkout needed about 11 VUs (50.5 iterations/s × 200ms); it had maxVUs 5: raise \
         maxVUs to 21"
    );
    assert!(!text.contains("browse needed"), "{text}");
}

#[test]
fn no_data_are_never_shown_as_passed() {
    let run = || {
        let mut run = Run::lasting(Duration::from_secs(10));
        run.record("http_req_duration", &[("name", "list")], &[5.0]);
        run.threshold("http_req_duration{name:lits}", &["p(95)<500"]);
        run.threshold("checks", &["rate>0.9"]);
        run
    };
    let text = render(run());
    assert_eq!(line(&text, "? 'p(95)<500'"), "    ? 'p(95)<500' no data");
    assert_eq!(line(&text, "? 'rate>0.9'"), "    ? 'rate>0.9' no data");
    assert_eq!(line(&text, "✗ failed"), "    ✗ failed: of 2 thresholds, 2 without data");
    let reason = "no sample of 'http_req_duration' has name 'lits'; did you mean 'list'?";
    assert!(
        text.contains(&format!("? http_req_duration{{name:lits}} 'p(95)<500': no data: {reason}\n")),
        "{text}"
    );

    let mut lenient = run();
    lenient.no_data = NoDataPolicy::LikeK6;
    let text = render(lenient);
    assert_eq!(line(&text, "✓ 'p(95)<500'"), "    ✓ 'p(95)<500' p(95)=0s");
    assert_eq!(line(&text, "✓ passed"), "    ✓ passed: 0 of 2 thresholds hold, 2 had no data");
}

#[test]
fn thresholds_show_their_units() {
    let mut run = Run::lasting(Duration::from_secs(4));
    run.declare("bytes_read", MetricKind::Counter, ValueKind::Data);
    run.record("bytes_read", &[], &[8_000.0]);
    run.record("http_reqs", &[], &[3.0]);
    run.threshold("bytes_read", &["count>1", "rate>1"]);
    run.threshold("http_reqs", &["rate > 0.5"]);
    let text = render(run);
    assert_eq!(line(&text, "✓ 'count>1'"), "    ✓ 'count>1' count=8.0 kB");
    assert_eq!(line(&text, "✓ 'rate>1'"), "    ✓ 'rate>1' rate=2.0 kB/s");
    assert_eq!(line(&text, "✓ 'rate > 0.5'"), "    ✓ 'rate > 0.5' rate=0.75/s");
}

#[test]
fn parts_stand_alone_when_the_whole_has_no_threshold() {
    let mut run = Run::lasting(Duration::from_secs(1));
    run.record("http_req_duration", &[("name", "a")], &[5.0]);
    run.threshold("http_req_duration{name:a}", &["max<6"]);
    let text = render(run);
    assert_eq!(line(&text, "http_req_duration{"), "    http_req_duration{name:a}");
    assert_eq!(line(&text, "✓ 'max<6'"), "    ✓ 'max<6' max=5ms");
}

#[test]
fn the_user_chooses_statistics_and_unit() {
    let mut run = Run::lasting(Duration::from_secs(1));
    run.settings.trend_stats = vec![TrendStat::Max, TrendStat::Count, TrendStat::Percentile(99.9)];
    run.settings.time_unit = TimeUnit::Micros;
    run.record("iteration_duration", &[], &[1.5, 1.5]);
    assert_eq!(
        line(&render(run), "iteration_duration"),
        "    iteration_duration...: max=1500.00µs count=2 p(99.9)=1500.00µs"
    );
}

#[test]
fn a_custom_metric_named_like_a_hidden_one_is_shown() {
    let mut run = Run::lasting(Duration::from_secs(1));
    run.declare("checks_by_hand", MetricKind::Counter, ValueKind::Default);
    run.record("checks_by_hand", &[], &[2.0]);
    assert_eq!(line(&render(run), "checks_by_hand"), "    checks_by_hand...: 2 2/s");
}

#[test]
fn colours_only_when_asked_for() {
    let plain = text::render(&sample().summary(), &Style::default());
    assert!(!plain.contains('\u{1b}'));
    let coloured = text::render(&sample().summary(), &Style { colour: true, ..Style::default() });
    assert!(coloured.contains("\u{1b}[31m✗\u{1b}[0m \u{1b}[37m'rate>0.9'\u{1b}[0m"));
    assert!(coloured.contains("my_counter\u{1b}[2;37m.....................:\u{1b}[0m \u{1b}[36m6\u{1b}[0m"));
    let mut stripped = coloured;
    for code in ["0", "1", "31", "32", "33", "36", "37", "2;36", "2;37"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain, "colours change no column");
}
