//! Properties of the schedules, over the space of all stages.

use std::time::Duration;

use plimsoll_plan::{
    Arrivals, Due, VuTimeline, duration,
    timeline::{Stage, total_duration},
    vu_ids::{Demand, allocate},
};
use proptest::prelude::*;

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let stage = (prop_oneof![Just(0), 1u64..5_000_000_000], 0u32..30)
        .prop_map(|(nanos, target)| Stage { duration: Duration::from_nanos(nanos), target });
    prop::collection::vec(stage, 1..8)
}

/// Twice the area under a ramp of rates up to an instant, times the time unit, rounded up at its end.
fn area_at(start: u32, stages: &[Stage], at: Duration) -> u128 {
    let (mut from, mut left, mut area) = (i128::from(start), at.as_nanos() as i128, 0);
    for stage in stages {
        let (length, to) = (stage.duration.as_nanos() as i128, i128::from(stage.target));
        let x = left.min(length);
        let bend = if length == 0 { 0 } else { (to - from) * x * x };
        // Rounded up, for a falling rate too.
        area += 2 * from * x + if length == 0 { 0 } else { -(-bend).div_euclid(length) };
        (from, left) = (to, left - x);
    }
    area as u128
}

/// How many VUs are active at an instant, counted over the activations.
fn counted(timeline: &VuTimeline, at: Duration) -> u32 {
    let active = |index: &u32| {
        timeline.activations(*index).iter().any(|activation| activation.start <= at && at < activation.end)
    };
    (0..timeline.max_vus()).filter(active).count() as u32
}

proptest! {
    #[test]
    fn activations_are_ordered_disjoint_and_within_the_scenario(
        start in 0u32..30, stages in stages(), ramp_down in 0u64..3_000, grace in 0u64..3_000,
    ) {
        let end = total_duration(&stages);
        let (ramp_down, grace) = (Duration::from_millis(ramp_down), Duration::from_millis(grace));
        let timeline = VuTimeline::ramp(start, stages, ramp_down, grace);
        for index in 0..=timeline.max_vus() {
            let activations = timeline.activations(index);
            for activation in &activations {
                prop_assert!(activation.start < activation.end);
                prop_assert!(activation.end <= activation.cut_off);
                prop_assert!(activation.end <= end && activation.cut_off <= timeline.cut_off());
            }
            for pair in activations.windows(2) {
                prop_assert!(pair[0].end < pair[1].start);
                prop_assert!(pair[0].cut_off <= pair[1].cut_off);
                // Either the grace ends before the VU is wanted again, or it lasts as long as the next one's.
                prop_assert!(pair[0].cut_off < pair[1].start || pair[0].cut_off == pair[1].cut_off);
            }
        }
        prop_assert!(timeline.activations(timeline.max_vus()).is_empty());
    }

    #[test]
    fn the_two_views_of_a_ramp_agree(start in 0u32..30, stages in stages(), share in 0u64..=1_000) {
        let end = total_duration(&stages);
        let timeline = VuTimeline::ramp(start, stages, Duration::ZERO, Duration::ZERO);
        let at = Duration::from_nanos((end.as_nanos() * u128::from(share) / 1_000) as u64);
        prop_assert_eq!(timeline.vus_at(at), counted(&timeline, at));
    }

    #[test]
    fn stages_reach_their_targets_exactly_at_their_ends(start in 0u32..30, stages in stages()) {
        let timeline = VuTimeline::ramp(start, stages.clone(), Duration::ZERO, Duration::ZERO);
        let mut at = Duration::ZERO;
        for (index, stage) in stages.iter().enumerate() {
            at += stage.duration;
            // Stages of no length move on at once, and after the last stage nobody is left.
            let followed_by_time = stages.get(index + 1).is_some_and(|next| !next.duration.is_zero());
            if followed_by_time {
                prop_assert_eq!(timeline.vus_at(at), stage.target);
            }
        }
    }

    #[test]
    fn low_vus_live_longest(start in 0u32..30, stages in stages(), share in 0u64..=1_000) {
        let end = total_duration(&stages);
        let timeline = VuTimeline::ramp(start, stages, Duration::ZERO, Duration::ZERO);
        let at = Duration::from_nanos((end.as_nanos() * u128::from(share) / 1_000) as u64);
        let active: Vec<bool> = (0..timeline.max_vus())
            .map(|index| timeline.activations(index).iter().any(|a| a.start <= at && at < a.end))
            .collect();
        prop_assert!(active.is_sorted_by(|earlier, later| earlier >= later), "{:?}", active);
    }

    #[test]
    fn vus_are_never_in_two_places_and_never_too_many(
        demands in prop::collection::vec((0u64..20, 1u64..20, 1u32..6), 1..8),
    ) {
        let demand = |&(from, length, vus): &(u64, u64, u32)| Demand {
            from: Duration::from_secs(from), until: Duration::from_secs(from + length), vus, after: None,
        };
        let demands: Vec<Demand> = demands.iter().map(demand).collect();
        let (ids, planned) = allocate(&demands);
        let overlap = |a: &Demand, b: &Demand| a.from < b.until && b.from < a.until;
        for (i, a) in demands.iter().enumerate() {
            prop_assert_eq!(ids[i].len(), a.vus as usize);
            for (j, b) in demands.iter().enumerate().skip(i + 1).filter(|(_, b)| overlap(a, b)) {
                prop_assert!(ids[i].iter().all(|id| !ids[j].contains(id)), "{:?} {:?}", a, b);
            }
        }
        let wanted_at = |at: Duration| {
            demands.iter().filter(|d| d.from <= at && at < d.until).map(|d| d.vus).sum::<u32>()
        };
        let peak = demands.iter().map(|demand| wanted_at(demand.from)).max();
        prop_assert_eq!(Some(planned), peak);
    }

    #[test]
    fn a_ramp_s_arrivals_are_due_when_the_area_is_whole(
        start in 0u32..50, stages in stages(), unit in 1u64..2_000_000_000, skip in 0usize..50,
    ) {
        let arrivals = Arrivals::ramp(start, Duration::from_nanos(unit), &stages);
        let end = total_duration(&stages);
        let whole = 2 * u128::from(unit);
        prop_assert_eq!(u128::from(arrivals.total()), area_at(start, &stages, end) / whole);
        for due in arrivals.skip(skip).take(200) {
            prop_assert!(due.at <= end);
            let area = whole * (u128::from(due.index) + 1);
            prop_assert!(area_at(start, &stages, due.at) <= area);
            let next = due.at + Duration::from_nanos(1);
            prop_assert!(next > end || area_at(start, &stages, next) >= area);
        }
    }

    #[test]
    fn constant_arrivals_are_counted_ordered_and_in_time(
        rate in 1u32..5_000, unit in 1_000_000u64..2_000_000_000, length in 1u64..3_000_000_000,
    ) {
        let (unit, length) = (Duration::from_nanos(unit), Duration::from_nanos(length));
        let arrivals = Arrivals::constant(rate, unit, length);
        let total = arrivals.total();
        let before_end = total.saturating_sub(3) as usize;
        let last: Vec<Due> = arrivals.clone().skip(before_end).collect();
        prop_assert_eq!((before_end + last.len()) as u64, total);
        prop_assert!(last.iter().all(|due| due.at < length));
        let some: Vec<Due> = arrivals.take(100).collect();
        prop_assert!(some.is_sorted_by_key(|due| due.at));
        for due in some {
            let exact = u128::from(due.index) * unit.as_nanos() / u128::from(rate);
            prop_assert_eq!(due.at.as_nanos(), exact);
        }
    }

    #[test]
    fn stripes_add_up_to_the_whole(start in 0u32..50, stages in stages(), parts in 1usize..6) {
        let arrivals = Arrivals::ramp(start, Duration::from_secs(1), &stages);
        let stripe = |part: usize| arrivals.clone().skip(part).step_by(parts);
        let mut together: Vec<Due> = (0..parts).flat_map(stripe).collect();
        together.sort_unstable_by_key(|due| due.index);
        prop_assert_eq!(&together, &arrivals.clone().collect::<Vec<_>>());
        prop_assert_eq!(together.len() as u64, arrivals.total());
        prop_assert!(together.is_sorted_by_key(|due| due.at));
    }

    #[test]
    fn random_arrivals_are_ordered_in_time_and_reproducible(
        start in 0u32..50, stages in stages(), unit in 1_000_000u64..2_000_000_000, seed: u64,
        parts in 1usize..6,
    ) {
        let regular = Arrivals::ramp(start, Duration::from_nanos(unit), &stages);
        let arrivals = regular.clone().at_random(seed);
        let whole: Vec<Due> = arrivals.clone().take(3_000).collect();
        prop_assert!(whole.is_sorted_by_key(|due| due.at));
        prop_assert!(whole.iter().zip(0..).all(|(due, index)| due.index == index));
        prop_assert!(whole.iter().all(|due| due.at <= total_duration(&stages)));
        prop_assert!(arrivals.total().abs_diff(regular.total()) <= 1);
        let stripe = |part: usize| arrivals.clone().skip(part).step_by(parts).take(3_000);
        let mut together: Vec<Due> = (0..parts).flat_map(stripe).collect();
        together.sort_unstable_by_key(|due| due.index);
        together.truncate(3_000);
        prop_assert_eq!(together, whole);
    }

    #[test]
    fn durations_survive_being_written(nanos in 0u64..=i64::MAX as u64) {
        let duration = Duration::from_nanos(nanos);
        prop_assert_eq!(duration::parse_plain(&duration::format(duration)), Ok(duration));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "[-+0-9.a-zµ:, ]{0,24}") {
        let _ = duration::parse_extended(&text);
        let _ = duration::parse_plain(&text);
    }
}

/// On a ramp the expected number of arrivals grows with the area, and so does its variance.
#[test]
fn random_arrivals_follow_a_ramp() {
    let stages = [Stage { duration: Duration::from_secs(10), target: 200 }];
    let of_seed = |seed: u64| {
        let arrivals = Arrivals::ramp(0, Duration::from_secs(1), &stages).at_random(seed);
        let mut counts = [0.0_f64; 2];
        arrivals.for_each(|due| counts[usize::from(due.at >= Duration::from_secs(5))] += 1.0);
        counts
    };
    let counts: Vec<[f64; 2]> = (0..2_000).map(of_seed).collect();
    for (half, expected) in [(0, 250.0), (1, 750.0)] {
        let mean = counts.iter().map(|counts| counts[half]).sum::<f64>() / 2_000.0;
        let variance = counts.iter().map(|counts| (counts[half] - mean).powi(2)).sum::<f64>() / 1_999.0;
        assert!((mean / expected - 1.0).abs() < 0.01, "half {half}: mean {mean}");
        assert!((variance / expected - 1.0).abs() < 0.15, "half {half}: variance {variance}");
    }
}
