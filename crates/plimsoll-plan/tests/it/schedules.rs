//! Properties of the schedules, over the space of all stages.

use std::time::Duration;

use plimsoll_plan::{
    VuTimeline, duration,
    timeline::{Stage, total_duration},
    vu_ids::{Demand, allocate},
};
use proptest::prelude::*;

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let stage = (prop_oneof![Just(0), 1u64..5_000_000_000], 0u32..30)
        .prop_map(|(nanos, target)| Stage { duration: Duration::from_nanos(nanos), target });
    prop::collection::vec(stage, 1..8)
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
            from: Duration::from_secs(from), until: Duration::from_secs(from + length), vus,
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
