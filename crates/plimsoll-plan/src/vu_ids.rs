//! Which scenario gets which VUs.
//!
//! Every scenario needs its peak number of VUs during its window: from its start to the end of its grace.
//! Scenarios whose windows do not overlap share VUs, so the planned number is the maximum over time of the
//! sum, not the sum. A scenario that starts after another one may have its VUs although their windows
//! overlap: how long each takes is not known, but never are both of them at work.

use std::time::Duration;

/// What one scenario asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// When the scenario starts at the earliest.
    pub from: Duration,
    /// When its last VU is certainly free again.
    pub until: Duration,
    /// How many VUs it needs.
    pub vus: u32,
    /// The demand whose VUs are free when the scenario starts. It starts no later.
    pub after: Option<usize>,
}

/// Who had a VU last. Whoever had it before that was done by then.
struct Holder {
    demand: usize,
    until: Duration,
}

/// Ids for every demand, in the order of the demands, and the number of VUs to initialise.
///
/// Ids are 1-based. Demands are served in the order of their starts; each gets the lowest ids that are free.
pub fn allocate(demands: &[Demand]) -> (Vec<Vec<u32>>, u32) {
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|&index| demands[index].from);
    let mut holders: Vec<Holder> = Vec::new();
    let mut ids = vec![Vec::new(); demands.len()];
    for index in order {
        ids[index] = take(&mut holders, demands, index);
    }
    // There are at most u32::MAX ids because each was counted by a u32 demand that found no free one.
    (ids, holders.len() as u32)
}

fn take(holders: &mut Vec<Holder>, demands: &[Demand], index: usize) -> Vec<u32> {
    let Demand { from, until, vus, .. } = demands[index];
    let wanted = vus as usize;
    let mut is_before = vec![false; demands.len()];
    std::iter::successors(demands[index].after, |before| demands[*before].after)
        .for_each(|before| is_before[before] = true);
    let mut ids = Vec::with_capacity(wanted);
    for (slot, holder) in holders.iter_mut().enumerate() {
        if ids.len() == wanted {
            break;
        }
        if holder.until <= from || is_before[holder.demand] {
            *holder = Holder { demand: index, until };
            ids.push(slot as u32 + 1);
        }
    }
    while ids.len() < wanted {
        holders.push(Holder { demand: index, until });
        ids.push(holders.len() as u32);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(from: u64, until: u64, vus: u32) -> Demand {
        Demand { from: Duration::from_secs(from), until: Duration::from_secs(until), vus, after: None }
    }

    #[test]
    fn overlapping_scenarios_have_their_own_vus() {
        let (ids, planned) = allocate(&[demand(0, 10, 2), demand(5, 15, 3)]);
        assert_eq!(ids, [vec![1, 2], vec![3, 4, 5]]);
        assert_eq!(planned, 5);
    }

    #[test]
    fn later_scenarios_reuse_vus() {
        let (ids, planned) = allocate(&[demand(10, 20, 3), demand(0, 10, 2), demand(0, 30, 1)]);
        assert_eq!(ids, [vec![1, 2, 4], vec![1, 2], vec![3]]);
        assert_eq!(planned, 4);
    }

    #[test]
    fn whoever_comes_after_another_one_has_its_vus() {
        let after = |before: usize, demand: Demand| Demand { after: Some(before), ..demand };
        // The second and the third both start after the first, maybe at the same time; the fourth starts
        // after the second, while the third may still be at work.
        let chain = [
            demand(0, 10, 3),
            after(0, demand(0, 30, 2)),
            after(0, demand(0, 20, 2)),
            after(1, demand(0, 40, 4)),
        ];
        let (ids, planned) = allocate(&chain);
        assert_eq!(ids, [vec![1, 2, 3], vec![1, 2], vec![3, 4], vec![1, 2, 5, 6]]);
        assert_eq!(planned, 6);
    }
}
