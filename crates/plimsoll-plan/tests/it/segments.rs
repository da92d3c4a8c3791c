//! The parts of a run add up to the whole, over the space of all divisions.

use std::time::Duration;

use plimsoll_plan::{Due, IterationBudget, OptionsLayer, Origin, Plan, Scenario, Schedule, resolve};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{lines, plan, script, warnings};

/// A way to divide the whole into two to seven parts: the numerators of its boundaries, of which the last one
/// is the denominator of all.
fn boundaries() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(1u32..12, 2..=7).prop_map(|lengths| {
        let place = |place: &mut u32, length: &u32| {
            *place += length;
            Some(*place)
        };
        std::iter::once(0).chain(lengths.iter().scan(0, place)).collect()
    })
}

/// The plans of all instances.
fn divided(options: &Value, boundaries: &[u32]) -> Vec<Plan> {
    let denominator = boundaries.last().expect("two parts at least");
    let text = |place: &u32| format!("{place}/{denominator}");
    let sequence = boundaries.iter().map(text).collect::<Vec<_>>().join(",");
    let part = |pair: &[u32]| {
        let mut options = options.clone();
        options["executionSegment"] = format!("{}:{}", text(&pair[0]), text(&pair[1])).into();
        options["executionSegmentSequence"] = sequence.as_str().into();
        plan(&options)
    };
    boundaries.windows(2).map(part).collect()
}

/// A scenario in the whole, and in those parts that have some of it.
fn of_one(scenario: &Value, boundaries: &[u32]) -> (Scenario, Vec<Scenario>) {
    let options = json!({ "scenarios": { "s": scenario } });
    let whole = plan(&options).scenarios.remove(0);
    (whole, divided(&options, boundaries).into_iter().flat_map(|plan| plan.scenarios).collect())
}

fn stages(limit: u32) -> impl Strategy<Value = Value> {
    let stage = (0u64..4_000, 0..limit).prop_map(|(ms, target)| json!({ "duration": ms, "target": target }));
    // The last one makes sure that there is a VU, or an arrival.
    prop::collection::vec(stage, 1..5).prop_map(move |mut stages| {
        stages.push(json!({ "duration": 1_000, "target": limit }));
        stages.into()
    })
}

fn arrivals_at() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["regular", "poisson"])
}

fn arrivals(scenario: &Scenario) -> Vec<Due> {
    match scenario.schedule() {
        Schedule::Arrivals(arrivals) => arrivals.collect(),
        other => panic!("no arrivals: {other:?}"),
    }
}

/// Every part is in order, and together they are the whole.
fn assert_arrivals_add_up(whole: &Scenario, parts: &[Scenario]) -> Result<(), TestCaseError> {
    let of_parts: Vec<Vec<Due>> = parts.iter().map(arrivals).collect();
    for (part, own) in of_parts.iter().zip(parts) {
        prop_assert!(part.is_sorted_by_key(|due| due.index) && part.is_sorted_by_key(|due| due.at));
        let Schedule::Arrivals(schedule) = own.schedule() else { panic!("no arrivals") };
        let numbers: Vec<u64> = (0..part.len() as u64).map(|n| own.share.number_in_test(n)).collect();
        prop_assert_eq!(numbers, part.iter().map(|due| due.index).collect::<Vec<_>>());
        prop_assert_eq!(schedule.skip(2).step_by(3).count(), part.len().saturating_sub(2).div_ceil(3));
    }
    let mut together = of_parts.concat();
    together.sort_unstable_by_key(|due| due.index);
    prop_assert_eq!(together, arrivals(whole));
    Ok(())
}

/// The numbers of all iterations of scenarios with a budget, in order.
fn numbers(scenarios: &[Scenario]) -> Vec<u64> {
    let of_one = |scenario: &Scenario| {
        let share = scenario.share.clone();
        (0..scenario.total_iterations().expect("a budget")).map(move |n| share.number_in_test(n))
    };
    let mut numbers: Vec<u64> = scenarios.iter().flat_map(of_one).collect();
    numbers.sort_unstable();
    numbers
}

fn vus(scenarios: &[Scenario]) -> u32 {
    scenarios.iter().map(Scenario::max_vus).sum()
}

proptest! {
    #[test]
    fn vus_that_are_told_from_outside_add_up(
        boundaries in boundaries(),
        vus_at_first in 0u32..40,
        more in 1u32..40,
    ) {
        let scenario = json!({
            "executor": "externally-controlled", "vus": vus_at_first, "maxVUs": vus_at_first + more,
            "duration": 0,
        });
        let (whole, parts) = of_one(&scenario, &boundaries);
        let at_first: Option<u32> = parts.iter().map(Scenario::external_vus).sum();
        prop_assert_eq!(at_first, whole.external_vus());
        prop_assert_eq!((vus(&parts), whole.max_vus()), (vus_at_first + more, vus_at_first + more));
    }

    #[test]
    fn every_slot_is_dealt_once_and_nobody_is_a_whole_one_off(boundaries in boundaries(), vus in 1u32..300) {
        let plans = divided(&json!({ "vus": vus, "duration": "1s" }), &boundaries);
        let whole = f64::from(*boundaries.last().expect("not empty"));
        for (plan, pair) in plans.iter().zip(boundaries.windows(2)) {
            let share = f64::from(pair[1] - pair[0]) / whole;
            for slots in 0..200 {
                let off = plan.vus.count(slots) as f64 - share * slots as f64;
                prop_assert!(off.abs() < 1.0, "{} slots are {} off", slots, off);
            }
        }
        let ids = |plan: &Plan| {
            let stripe = plan.vus.clone();
            (0..u64::from(plan.max_vus())).map(move |number| stripe.slot(number))
        };
        let mut together: Vec<u64> = plans.iter().flat_map(ids).collect();
        together.sort_unstable();
        prop_assert_eq!(together, (0..u64::from(vus)).collect::<Vec<_>>());
    }

    #[test]
    fn shared_iterations_add_up(boundaries in boundaries(), vus_in_all in 1u32..40, more in 0u64..200) {
        let iterations = u64::from(vus_in_all) + more;
        let scenario =
            json!({ "executor": "shared-iterations", "vus": vus_in_all, "iterations": iterations });
        let (whole, parts) = of_one(&scenario, &boundaries);
        prop_assert_eq!(vus(&parts), whole.max_vus());
        prop_assert_eq!(numbers(&parts), (0..iterations).collect::<Vec<_>>());
        for part in &parts {
            let IterationBudget::Shared(own) = part.budget() else { panic!("a shared budget") };
            prop_assert!(own >= u64::from(part.max_vus()), "nobody is without work");
        }
    }

    #[test]
    fn iterations_of_each_vu_add_up(boundaries in boundaries(), vus_in_all in 1u32..40, each in 1u64..9) {
        let scenario = json!({ "executor": "per-vu-iterations", "vus": vus_in_all, "iterations": each });
        let (whole, parts) = of_one(&scenario, &boundaries);
        prop_assert_eq!(vus(&parts), whole.max_vus());
        prop_assert!(parts.iter().all(|part| part.budget() == IterationBudget::PerVu(each)));
        prop_assert_eq!(numbers(&parts), (0..each * u64::from(vus_in_all)).collect::<Vec<_>>());
    }

    #[test]
    fn ramps_of_vus_add_up_at_every_instant(
        boundaries in boundaries(), start in 0u32..30, stages in stages(30), at in 0u64..25_000,
    ) {
        let scenario = json!({ "executor": "ramping-vus", "startVUs": start, "stages": stages });
        let (whole, parts) = of_one(&scenario, &boundaries);
        let timeline = |scenario: &Scenario| match scenario.schedule() {
            Schedule::Vus(timeline) => timeline,
            other => panic!("no timeline: {other:?}"),
        };
        let at = Duration::from_millis(at);
        let sum: u32 = parts.iter().map(|part| timeline(part).vus_at(at)).sum();
        prop_assert_eq!(sum, timeline(&whole).vus_at(at));
        let activations = |scenario: &Scenario| {
            let timeline = timeline(scenario);
            (0..scenario.max_vus()).map(move |index| timeline.activations(index)).collect::<Vec<_>>()
        };
        let mut together: Vec<_> = parts.iter().flat_map(activations).collect();
        let mut expected = activations(&whole);
        type Vu = Vec<plimsoll_plan::Activation>;
        let key = |vu: &Vu| vu.iter().map(|a| (a.start, a.end)).collect::<Vec<_>>();
        together.sort_by_key(key);
        expected.sort_by_key(key);
        prop_assert_eq!(together, expected);
    }

    #[test]
    fn constant_arrivals_add_up(
        boundaries in boundaries(), rate in 1u32..500, planned in 0u32..10, more in 1u32..10,
        arrivals in arrivals_at(),
    ) {
        let scenario = json!({
            "executor": "constant-arrival-rate", "rate": rate, "timeUnit": "700ms", "duration": "1500ms",
            "preAllocatedVUs": planned, "maxVUs": planned + more, "arrivals": arrivals,
        });
        let (whole, parts) = of_one(&scenario, &boundaries);
        prop_assert_eq!(vus(&parts), whole.max_vus());
        prop_assert_eq!(parts.iter().map(Scenario::planned_vus).sum::<u32>(), whole.planned_vus());
        assert_arrivals_add_up(&whole, &parts)?;
    }

    #[test]
    fn ramps_of_arrivals_add_up(
        boundaries in boundaries(), start in 0u32..50, stages in stages(80), arrivals in arrivals_at(),
    ) {
        let scenario = json!({
            "executor": "ramping-arrival-rate", "startRate": start, "stages": stages, "preAllocatedVUs": 5,
            "arrivals": arrivals,
        });
        let (whole, parts) = of_one(&scenario, &boundaries);
        assert_arrivals_add_up(&whole, &parts)?;
    }

    #[test]
    fn no_text_makes_segments_panic(segment in "[-0-9.:/%]{0,30}", sequence in "[-0-9.,/%]{0,40}") {
        let options = json!({ "executionSegment": segment, "executionSegmentSequence": sequence });
        let _ = resolve(vec![script(&options)]);
    }
}

/// The problems of a segment and a sequence given as flags.
fn refusal(segment: &str, sequence: &str) -> String {
    let flags = [("--execution-segment", segment), ("--execution-segment-sequence", sequence)];
    let flags = OptionsLayer::from_flags(flags.into_iter().filter(|(_, text)| !text.is_empty()));
    assert_eq!(flags.origin, Origin::Flags);
    lines(&resolve(vec![flags]).expect_err("there should be problems"))
}

#[test]
fn wrong_segments_are_problems_with_a_hint() {
    assert_eq!(
        refusal("1/2:1/4", ""),
        "executionSegment (from --execution-segment): must start before it ends, not at 1/2 of 1/4, got \
         \"1/2:1/4\""
    );
    assert_eq!(
        refusal("0:1/3", "0,1/2,1"),
        "executionSegment (from --execution-segment): the segment 0:1/3 is not in the sequence, got \"0:1/3\""
    );
    assert_eq!(
        refusal("", "0,1/2,1"),
        "executionSegmentSequence (from --execution-segment-sequence): the segment 0:1 is not in the \
         sequence, got \"0,1/2,1\""
    );
    assert!(refusal("0:1/3", "0,1/7,1/11,1/13").contains("must increase, but 1/7 comes before 1/11"));
    assert!(refusal("x", "0,1/2,1").contains("such as 0:1/4"), "and nothing about the sequence");
    assert!(refusal("0:0.1234567", "").contains("have no common denominator up to 1000000"));
}

#[test]
fn a_part_says_its_share_and_its_own_numbers() {
    let scenario = |executor: &str, rest: Value| {
        let mut scenario = json!({ "executor": executor, "gracefulStop": 0 });
        scenario.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        scenario
    };
    let options = json!({
        "executionSegment": "1/4:2/4", "executionSegmentSequence": "0,1/4,2/4,3/4,1",
        "scenarios": {
            "a": scenario("shared-iterations", json!({ "vus": 8, "iterations": 100 })),
            "b": scenario("per-vu-iterations", json!({ "vus": 6, "iterations": 5 })),
            "c": scenario("constant-vus", json!({ "vus": 10, "duration": "9s" })),
            "d": scenario("ramping-vus", json!({
                "stages": [{ "duration": "1s", "target": 5 }], "gracefulRampDown": 0,
            })),
            "e": scenario("constant-arrival-rate", json!({
                "rate": 50, "duration": "1s", "preAllocatedVUs": 4, "maxVUs": 8,
            })),
            "f": scenario("constant-vus", json!({ "vus": 1, "duration": "9s" })),
        },
    });
    let plan = plan(&options);
    assert_eq!(
        plan.describe(),
        [
            "scenarios: (25.00%) 5 scenarios, 10 max VUs, 10m0s max duration (incl. graceful stop):",
            "* a: 25 iterations shared among 2 VUs (maxDuration: 10m0s)",
            "* b: 5 iterations for each of 2 VUs (maxDuration: 10m0s)",
            "* c: 3 looping VUs for 9s",
            "* d: Up to 1 looping VUs for 1s over 1 stages",
            "* e: 12.50 iterations/s for 1s (maxVUs: 1-2)",
        ]
    );
    assert_eq!(
        warnings(&plan),
        "executionSegment (from a.js): scenario f is left out: none of its VUs belongs to this segment"
    );
    assert_eq!(plan.options_json()["executionSegment"], "1/4:1/2");
}

#[test]
fn a_part_may_have_nothing_to_do() {
    let plan = plan(&json!({ "executionSegment": "1/2:1", "vus": 1, "iterations": 10 }));
    assert!(plan.scenarios.is_empty() && plan.max_vus() == 0);
    assert!(warnings(&plan).ends_with("there is nothing to do in this segment"));
    assert!(plan.describe()[0].starts_with("scenarios: (50.00%) 0 scenarios, 0 max VUs, 0s max duration"));
}
