//! How a run is divided between instances: who has VU *k*, iteration *i*, arrival *i*.
//!
//! Everything that can be counted is dealt out like cards. Slots 0, 1, 2, … are dealt in cycles, in each of
//! which every instance gets its share exactly, spread as evenly as whole slots allow. So the parts add up to
//! the whole slot by slot, and whatever follows from slots (a ramp's VUs at any instant, the times of
//! arrivals) adds up as well. A [`Division`] knows all parts, a [`Stripe`] is the slots of one of them.
//!
//! ```text
//!  shares 1/2, 1/4, 1/4    slot    0 1 2 3 | 4 5 6 7 | …
//!                          part    A B A C | A B A C | …
//! ```
//!
//! A part whose share is `w` should have `t · w` of the first `t` slots. It gets its slot `m` (from 0)
//! neither before `⌊m / w⌋` nor after `⌈(m + 1) / w⌉ − 1`; among the parts that may have a slot the one with
//! the earliest deadline takes it, which is known to keep all deadlines. The number of slots of a part is
//! therefore always less than one off.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use crate::segment::{ExecutionSegment, Fraction, SegmentSequence, gcd};

/// How the whole is divided between instances, and which of them this one is.
#[derive(Debug, Clone)]
pub struct Division {
    /// How many slots of a cycle each part has.
    weights: Vec<u32>,
    /// Which part has which slot of a cycle.
    owners: Vec<u32>,
    own: usize,
}

/// Why a segment does not make a division.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DivisionError {
    /// The segment is none of those between the boundaries of the sequence.
    #[error("the segment {segment} is not in the sequence")]
    NotInSequence {
        /// The segment that was asked for.
        segment: ExecutionSegment,
        /// Those that the sequence has.
        segments: Vec<ExecutionSegment>,
    },
    /// The common denominator is too large.
    #[error("the boundaries have no common denominator up to {MAX_CYCLE}")]
    TooFine,
}

/// The longest cycle. It is dealt slot by slot, which takes a tenth of a second at this length.
pub const MAX_CYCLE: u64 = 1_000_000;

impl Division {
    /// Nobody else takes part.
    pub fn whole() -> Self {
        Self { weights: vec![1], owners: vec![0], own: 0 }
    }

    /// The instance that has `segment` of a sequence; without a sequence, of the one
    /// [around](SegmentSequence::around) the segment.
    pub fn new(segment: &ExecutionSegment, sequence: &SegmentSequence) -> Result<Self, DivisionError> {
        let around = || SegmentSequence::around(segment);
        let sequence = if sequence.boundaries.is_empty() { &around() } else { sequence };
        let Some(own) = sequence.segments().position(|part| part == *segment) else {
            let segments = sequence.segments().collect();
            return Err(DivisionError::NotInSequence { segment: *segment, segments });
        };
        let cycle = cycle(&sequence.boundaries).ok_or(DivisionError::TooFine)?;
        let place = |boundary: Fraction| boundary.numerator() * (cycle / boundary.denominator());
        // At most the cycle, which is at most a million.
        let weight = |part: ExecutionSegment| (place(part.to) - place(part.from)) as u32;
        let weights: Vec<u32> = sequence.segments().map(weight).collect();
        Ok(Self { owners: deal(&weights), weights, own })
    }

    /// This part's slots.
    pub fn stripe(&self) -> Stripe {
        Stripe::of(&self.owners, self.own)
    }

    /// This part's slots if every part's share is that of its VUs among `vus`. Where there are fewer VUs than
    /// parts, this leaves no work to a part that has nobody to do it.
    pub fn stripe_by_vus(&self, vus: u32) -> Stripe {
        let vus = self.counts(vus);
        let divisor = vus.iter().fold(0, |divisor, count| gcd(u64::from(*count), divisor));
        let weights: Vec<u32> = vus.iter().map(|count| count / divisor.max(1) as u32).collect();
        if weights == self.weights { self.stripe() } else { Stripe::of(&deal(&weights), self.own) }
    }

    /// How many of the slots up to `whole` each part has.
    fn counts(&self, whole: u32) -> Vec<u32> {
        let cycle = self.owners.len() as u32;
        let mut counts: Vec<u32> = self.weights.iter().map(|weight| whole / cycle * weight).collect();
        self.owners.iter().take((whole % cycle) as usize).for_each(|part| counts[*part as usize] += 1);
        counts
    }
}

/// The least common multiple of the denominators; `None` above the limit.
fn cycle(boundaries: &[Fraction]) -> Option<u64> {
    boundaries.iter().map(|boundary| boundary.denominator()).try_fold(1, |cycle, denominator| {
        let together = denominator.checked_mul(cycle / gcd(cycle, denominator))?;
        (together <= MAX_CYCLE).then_some(together)
    })
}

/// Deals the slots of a cycle: who gets each.
fn deal(weights: &[u32]) -> Vec<u32> {
    let cycle: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let mut taken = vec![0; weights.len()];
    // The parts that may take a slot, by deadline, and those that may not yet, by their release.
    let mut ready = BinaryHeap::new();
    let players = (0..weights.len()).filter(|part| weights[*part] > 0);
    let mut resting: BinaryHeap<_> = players.map(|part| Reverse((0, part))).collect();
    let mut owners = Vec::with_capacity(cycle as usize);
    for slot in 0..cycle {
        while let Some(&Reverse((release, part))) = resting.peek()
            && release <= slot
        {
            resting.pop();
            let deadline = ((taken[part] + 1) * cycle).div_ceil(u64::from(weights[part]));
            ready.push(Reverse((deadline, part)));
        }
        let Reverse((_, part)) = ready.pop().expect("the shares add up to one, so somebody is due");
        taken[part] += 1;
        resting.push(Reverse((taken[part] * cycle / u64::from(weights[part]), part)));
        owners.push(part as u32);
    }
    owners
}

/// The slots of one part. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stripe {
    /// Absent when the part is the whole.
    part: Option<Arc<Part>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Part {
    cycle: u64,
    /// The slots of a cycle that are this part's.
    slots: Vec<u32>,
}

impl Stripe {
    /// All slots.
    pub fn whole() -> Self {
        Self::default()
    }

    fn of(owners: &[u32], own: usize) -> Self {
        let slots: Vec<u32> =
            (0..).zip(owners).filter(|(_, part)| **part as usize == own).map(|s| s.0).collect();
        let (cycle, is_whole) = (owners.len().max(1), !slots.is_empty() && slots.len() == owners.len());
        Self { part: (!is_whole).then(|| Arc::new(Part { cycle: cycle as u64, slots })) }
    }

    /// The slot that is the part's own number `number`. A part without slots gets one that nobody reaches.
    #[inline]
    pub fn slot(&self, number: u64) -> u64 {
        let Some(part) = &self.part else { return number };
        let each = part.slots.len() as u64;
        if each == 0 {
            return u64::MAX;
        }
        let slot = part.slots[(number % each) as usize];
        (number / each).saturating_mul(part.cycle).saturating_add(u64::from(slot))
    }

    /// How many of the slots below `whole` are the part's.
    pub fn count(&self, whole: u64) -> u64 {
        let Some(part) = &self.part else { return whole };
        let rest = whole % part.cycle;
        let of_rest = part.slots.partition_point(|slot| u64::from(*slot) < rest);
        whole / part.cycle * part.slots.len() as u64 + of_rest as u64
    }

    /// The part's share of the whole.
    pub fn share(&self) -> f64 {
        self.part.as_ref().map_or(1.0, |part| part.slots.len() as f64 / part.cycle as f64)
    }
}

/// What one instance has of one scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// Its VUs.
    pub vus: Stripe,
    /// Its iterations, or arrivals.
    pub iterations: Stripe,
    /// Where every VU has the same number of iterations: the VUs here, and in all.
    pub rounds: Option<(u32, u32)>,
}

impl Share {
    /// How many of a number of VUs are here.
    pub fn count_vus(&self, whole: u32) -> u32 {
        self.vus.count(u64::from(whole)) as u32
    }

    /// What iteration `number` of this instance is in the whole test, in the order of starts.
    ///
    /// Rounds of all VUs are numbered one after the other, so that no number is left out at the end.
    #[inline]
    pub fn number_in_test(&self, number: u64) -> u64 {
        match self.rounds {
            None => self.iterations.slot(number),
            Some((here, all)) => {
                let (here, all) = (u64::from(here.max(1)), u64::from(all));
                (number / here).saturating_mul(all).saturating_add(self.vus.slot(number % here))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(weights: &[u32]) -> String {
        deal(weights).iter().map(|part| char::from(b'A' + *part as u8)).collect()
    }

    #[test]
    fn slots_are_spread() {
        assert_eq!(parts(&[1, 1]), "AB");
        assert_eq!(parts(&[2, 1, 1]), "ABAC");
        assert_eq!(parts(&[1, 4]), "BBBAB");
        assert_eq!(parts(&[0, 3, 0, 2]), "BDBBD");
        assert_eq!(parts(&[]), "");
    }

    #[test]
    fn halves_take_turns() {
        let half = |from: &str, to: &str| {
            let [from, to] = [from, to].map(|text| Fraction::parse(text).expect("valid"));
            let segment = ExecutionSegment { from, to };
            Division::new(&segment, &SegmentSequence::default()).expect("valid").stripe()
        };
        let (first, second) = (half("0", "1/2"), half("1/2", "1"));
        assert_eq!((0..3).map(|number| first.slot(number)).collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!((0..3).map(|number| second.slot(number)).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!((first.count(7), second.count(7)), (4, 3));
        assert_eq!((first.share(), half("0", "1")), (0.5, Stripe::whole()));
    }

    #[test]
    fn work_follows_the_vus() {
        let quarter = |own: u64| {
            let segment = ExecutionSegment { from: Fraction::new(own, 4), to: Fraction::new(own + 1, 4) };
            Division::new(&segment, &SegmentSequence::default()).expect("valid")
        };
        let of_one_vu: Vec<u64> = (0..4).map(|own| quarter(own).stripe_by_vus(1).count(10)).collect();
        assert_eq!(of_one_vu, [10, 0, 0, 0]);
        let of_six: Vec<u64> = (0..4).map(|own| quarter(own).stripe_by_vus(6).count(60)).collect();
        assert_eq!(of_six, [20, 20, 10, 10]);
        assert_eq!(quarter(3).stripe_by_vus(2).slot(0), u64::MAX);
    }

    #[test]
    fn divisions_are_bounded_and_own_a_part() {
        let segment =
            |to: &str| ExecutionSegment { from: Fraction::ZERO, to: Fraction::parse(to).expect("valid") };
        let alone = SegmentSequence::default();
        assert_eq!(Division::new(&segment("0.3333333"), &alone).err(), Some(DivisionError::TooFine));
        assert_eq!(
            Division::new(&segment("1/18446744073709551615"), &alone).err(),
            Some(DivisionError::TooFine)
        );
        let halves = SegmentSequence::around(&segment("1/2"));
        let segments = halves.segments().collect();
        let error = DivisionError::NotInSequence { segment: segment("1/3"), segments };
        assert_eq!(Division::new(&segment("1/3"), &halves).err(), Some(error));
    }

    #[test]
    fn rounds_leave_no_number_out() {
        let vus = |own| Stripe::of(&deal(&[1, 1]), own);
        let share = |own, here| Share { vus: vus(own), iterations: Stripe::whole(), rounds: Some((here, 3)) };
        let (first, second) = (share(0, 2), share(1, 1));
        assert_eq!((0..4).map(|number| first.number_in_test(number)).collect::<Vec<_>>(), [0, 2, 3, 5]);
        assert_eq!((0..2).map(|number| second.number_in_test(number)).collect::<Vec<_>>(), [1, 4]);
    }
}
