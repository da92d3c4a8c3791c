//! Which scenario gets which VUs.
//!
//! Every scenario needs its peak number of VUs during its window: from its start to the end of its grace.
//! Scenarios whose windows do not overlap share VUs, so the planned number is the maximum over time of the
//! sum, not the sum.

use std::time::Duration;

/// What one scenario asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// When the scenario starts.
    pub from: Duration,
    /// When its last VU is certainly free again.
    pub until: Duration,
    /// How many VUs it needs.
    pub vus: u32,
}

/// Ids for every demand, in the order of the demands, and the number of VUs to initialise.
///
/// Ids are 1-based. Demands are served in the order of their starts; each gets the lowest ids that are free.
pub fn allocate(demands: &[Demand]) -> (Vec<Vec<u32>>, u32) {
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|&index| demands[index].from);
    let mut busy_until: Vec<Duration> = Vec::new();
    let mut ids = vec![Vec::new(); demands.len()];
    for index in order {
        ids[index] = take(&mut busy_until, &demands[index]);
    }
    // There are at most u32::MAX ids because each was counted by a u32 demand that found no free one.
    (ids, busy_until.len() as u32)
}

fn take(busy_until: &mut Vec<Duration>, demand: &Demand) -> Vec<u32> {
    let wanted = demand.vus as usize;
    let mut ids = Vec::with_capacity(wanted);
    for (slot, busy) in busy_until.iter_mut().enumerate() {
        if ids.len() == wanted {
            break;
        }
        if *busy <= demand.from {
            *busy = demand.until;
            ids.push(slot as u32 + 1);
        }
    }
    while ids.len() < wanted {
        busy_until.push(demand.until);
        ids.push(busy_until.len() as u32);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(from: u64, until: u64, vus: u32) -> Demand {
        Demand { from: Duration::from_secs(from), until: Duration::from_secs(until), vus }
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
}
