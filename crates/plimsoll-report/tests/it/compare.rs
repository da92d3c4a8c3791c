//! Comparisons of simulated runs.

use plimsoll_report::compare::{Cut, NotComparable, Run, Settings, Verdict, compare, json, markdown, text};
use plimsoll_report::statistics::dice::Dice;

use crate::simulated::{Service, alarms, run};

/// Narrow enough that a minute of few requests tells ten percent.
const NARROW: Service =
    Service { spread: 0.2, wander: 0.02, memory: 0.5, between: 0.01, rate: 60, ..Service::CALM };

/// `cargo bench -p plimsoll-report --bench statistics -- pairs` does the same with 200 pairs of longer runs.
#[test]
fn equal_runs_raise_few_alarms_and_slower_ones_are_found() {
    let (alarmed, _) = alarms(&NARROW, 60, 1.0, 20, 1);
    assert!(alarmed <= 0.05, "{alarmed} of equal pairs were called different");
    let (_, found) = alarms(&NARROW, 60, 1.1, 12, 2);
    assert!(found >= 0.9, "{found} of pairs with a 95th percentile that is 10 % slower were found");
}

fn pair(slower: f64) -> (Run, Run) {
    let mut dice = Dice::new(7);
    let base = run("base", &NARROW, 60, 1.0, &mut dice);
    (base, run("candidate", &NARROW, 60, slower, &mut dice))
}

fn verdict(base: Run, candidate: Run) -> Verdict {
    compare(&[base], &[candidate], &Settings::default()).expect("comparable").verdict
}

#[test]
fn the_way_matters() {
    let (base, candidate) = pair(1.2);
    assert_eq!(verdict(base, candidate), Verdict::Worse);
    let (base, candidate) = pair(1.2);
    assert_eq!(verdict(candidate, base), Verdict::Better);
    let (base, _) = pair(1.0);
    let (same, _) = pair(1.0);
    assert_eq!(verdict(base, same), Verdict::Same, "a run and itself");
}

#[test]
fn what_is_below_the_floor_is_no_difference() {
    let (base, candidate) = pair(1.2);
    let lenient = Settings { min_effect: 0.5, ..Settings::default() };
    let comparison = compare(&[base], &[candidate], &lenient).expect("comparable");
    assert!(comparison.answers.iter().all(|answer| answer.verdict != Verdict::Worse));
}

#[test]
fn several_runs_a_side_know_how_much_runs_differ() {
    // Runs that differ by 8 % tell nothing of 10 % alone, and one that is assumed not to is deceived.
    let restless = Service { between: 0.08, ..NARROW };
    let mut dice = Dice::new(11);
    let mut side = |name: &str| (0..3).map(|_| run(name, &restless, 40, 1.0, &mut dice)).collect::<Vec<_>>();
    let (base, candidate) = (side("base"), side("candidate"));
    let comparison = compare(&base, &candidate, &Settings::default()).expect("comparable");
    assert!(
        !matches!(comparison.verdict, Verdict::Worse | Verdict::Better),
        "{}",
        text::render(&comparison, true)
    );
}

#[test]
fn a_warm_up_is_cut_from_both() {
    let (mut base, candidate) = pair(1.0);
    let (_, slow) = pair(3.0);
    base.seconds.splice(0..6, slow.seconds.into_iter().take(6));
    let comparison = compare(&[base], &[candidate], &Settings::default()).expect("comparable");
    assert!((6..=12).contains(&comparison.cut), "{} of six slow seconds were cut", comparison.cut);
    assert_eq!(comparison.seconds, 60 - comparison.cut);
    assert!(
        !matches!(comparison.verdict, Verdict::Worse | Verdict::Better),
        "{}",
        text::render(&comparison, true)
    );
}

/// The answers of a service that is still asleep come late: its first second is empty.
#[test]
fn a_warm_up_is_cut_even_if_nothing_ends_in_its_first_second() {
    let (mut base, candidate) = pair(1.0);
    let (_, slow) = pair(3.0);
    base.seconds.splice(0..6, slow.seconds.into_iter().take(6));
    base.seconds[0] = plimsoll_metrics::Aggregate::new();
    let comparison = compare(&[base], &[candidate], &Settings::default()).expect("comparable");
    assert!((6..=12).contains(&comparison.cut), "{} of six slow seconds were cut", comparison.cut);
}

#[test]
fn other_loads_are_refused() {
    let refused = |change: fn(&mut Run)| {
        let (base, mut candidate) = pair(1.0);
        change(&mut candidate);
        compare(&[base], &[candidate], &Settings::default())
            .expect_err("not comparable")
            .to_string()
            .split_once("\nhint: ")
            .expect("a hint")
            .0
            .to_owned()
    };
    let told = refused(|run| run.load.scenarios = vec!["default: 9 looping VUs".to_owned()]);
    let expected = "they are not comparable: candidate ran \"default: 9 looping VUs\", base ran \"nothing\"";
    assert_eq!(told, expected);
    let told = refused(|run| run.load.invalid = Some("the generator was too slow".to_owned()));
    assert!(told.ends_with("the measurement of candidate is invalid: the generator was too slow"), "{told}");
    let told = refused(|run| run.seconds.truncate(40));
    assert_eq!(told, "they are not comparable: candidate has 40 seconds, base has 60");

    let (base, mut candidate) = pair(1.0);
    candidate.seconds.truncate(40);
    let anyway = Settings { anyway: true, ..Settings::default() };
    let comparison = compare(&[base], &[candidate], &anyway).expect("asked for");
    assert!(comparison.warnings.iter().any(|warning| warning == "candidate has 40 seconds, base has 60"));

    let (base, mut candidate) = pair(1.0);
    candidate.load.ended_early = Some("the test was interrupted by a signal".to_owned());
    let comparison = compare(&[base], &[candidate], &Settings::default()).expect("as long as the other");
    let note = "candidate ended early: the test was interrupted by a signal";
    assert!(comparison.warnings.iter().any(|warning| warning == note), "{:?}", comparison.warnings);

    let (base, candidate) = pair(1.0);
    let late = Settings { cut: Cut::Fixed(std::time::Duration::from_secs(50)), ..Settings::default() };
    let few = compare(&[base], &[candidate], &late).expect_err("ten seconds are left");
    assert_eq!(few, NotComparable::FewSeconds { name: "base".to_owned(), has: 10, cut: 50 });
    assert_eq!(
        few.to_string(),
        "base has 10 seconds to compare, expected at least 20\n\
         hint: 50 at the beginning were cut; --cut 0s cuts none, longer runs tell more"
    );
}

#[test]
fn the_text_has_the_finding_first() {
    let (base, candidate) = pair(1.1);
    let comparison = compare(&[base], &[candidate], &Settings::default()).expect("comparable");
    insta::assert_snapshot!(text::render(&comparison, false));
}

#[test]
fn the_document_says_the_same() {
    let (base, candidate) = pair(1.1);
    let comparison = compare(&[base], &[candidate], &Settings::default()).expect("comparable");
    let document: serde_json::Value = serde_json::from_str(&json::render(&comparison)).expect("JSON");
    assert_eq!(document["verdict"], "worse");
    assert_eq!(document["comparison"], 1);
    let answers = document["answers"].as_array().expect("a list");
    let p95 = answers.iter().find(|answer| answer["statistic"] == "p(95)").expect("asked");
    let change = p95["change"].as_f64().expect("a number");
    assert!((0.05..0.15).contains(&change), "{p95}");
    assert!(p95["low"].as_f64() < Some(change) && p95["high"].as_f64() > Some(change));
    let page = markdown::render(&comparison);
    assert!(page.starts_with("### WORSE: "), "{page}");
    assert!(page.contains("| GET /tickets p(95) |"), "{page}");
}
