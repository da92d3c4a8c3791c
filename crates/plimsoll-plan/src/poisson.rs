//! A Poisson process on the axis of expected arrivals: points at random, on average one in every unit.
//!
//! Where the rate of a schedule changes with time, its points are mapped to the instants at which the area
//! under the rate reaches them ([`arrivals`](crate::arrivals) does that); this makes it a Poisson process of
//! that rate.
//!
//! The axis is cut into blocks of [`BLOCK`] units. Every block has a generator of its own, seeded by the
//! seed and the number of the block. It draws how many points the block has, from the Poisson distribution,
//! and then their places, uniformly and independently. **This is a Poisson process**: counts of disjoint
//! blocks are independent and Poisson-distributed, and given the count, the points of a Poisson process are
//! independent and uniform. The gaps are therefore exponential, without a logarithm being taken.
//!
//! Two things follow. All instances and workers walk over the same points, and to skip a block costs one
//! random number, so that stripes add up to the whole and are cheap. And the points are the same on every
//! machine: there are whole numbers, and floating-point multiplications and divisions, which IEEE 754
//! defines to the last bit.

/// Expected points of a block: many enough that skipping is cheap, few enough that sorting is.
pub(crate) const BLOCK: u64 = 16;

/// Places in a block are fractions of it with this many bits.
pub(crate) const PLACE_BITS: u32 = 53;

/// e^−16: how likely a block has no point.
const EMPTY: f64 = 1.125_351_747_192_591_2e-7;

/// A block has fewer points than this, but for one in 10^17.
const MOST: usize = 64;

/// The points of the process, in order. Skipping blocks is cheap; there is no way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Points {
    seed: u64,
    block: u64,
    /// How many points lie in the blocks before this one.
    before: u64,
    count: u64,
    /// The places in this block, in order; empty until somebody asks for one.
    places: Vec<u64>,
}

/// A point: its block, and its place there as a fraction of 2^[`PLACE_BITS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) block: u64,
    pub(crate) place: u64,
}

impl Points {
    pub(crate) fn new(seed: u64) -> Self {
        let mut points = Self { seed, block: 0, before: 0, count: 0, places: Vec::new() };
        points.count = points.draw_count();
        points
    }

    /// Point number `index`, from 0, unless it lies in block `end` or beyond. Indices never decrease.
    pub(crate) fn point(&mut self, index: u64, end: u64) -> Option<Point> {
        while index >= self.before + self.count {
            if self.block >= end {
                return None;
            }
            self.before += self.count;
            self.block += 1;
            self.count = self.draw_count();
            self.places.clear();
        }
        if self.block >= end {
            return None;
        }
        if self.places.is_empty() {
            self.draw_places();
        }
        Some(Point { block: self.block, place: self.places[(index - self.before) as usize] })
    }

    fn draw_count(&self) -> u64 {
        let drawn = self.generator().next().expect("endless");
        AT_MOST.partition_point(|limit| *limit <= drawn) as u64
    }

    fn draw_places(&mut self) {
        self.places.extend(self.generator().skip(1).take(self.count as usize));
        self.places.sort_unstable();
    }

    /// SplitMix64 (Steele, Lea, Flood 2014) from a state that seed and block decide; the upper bits of each
    /// number.
    fn generator(&self) -> impl Iterator<Item = u64> + use<> {
        let state = mix(mix(self.seed) ^ self.block.wrapping_mul(GOLDEN));
        (1..).map(move |step: u64| mix(state.wrapping_add(step.wrapping_mul(GOLDEN))) >> (64 - PLACE_BITS))
    }
}

/// 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads every bit over the whole number.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The cumulative Poisson distribution of a block: of 2^53 blocks, so many have at most so many points.
const AT_MOST: [u64; MOST] = {
    let mut at_most = [0; MOST];
    let (mut likely, mut sum, mut count) = (EMPTY, 0.0, 0);
    while count < MOST {
        sum += likely;
        at_most[count] = (sum * (1_u64 << PLACE_BITS) as f64) as u64;
        count += 1;
        likely *= BLOCK as f64 / count as f64;
    }
    at_most
};

/// The seed of a scenario that names none: FNV-1a of its name, in 64 bits.
pub(crate) fn seed_of(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the first points lie, in units.
    fn places(seed: u64, count: u64) -> Vec<f64> {
        let mut points = Points::new(seed);
        let place = |point: Point| {
            (point.block as f64 + point.place as f64 / (1_u64 << PLACE_BITS) as f64) * BLOCK as f64
        };
        (0..count).map(|index| points.point(index, u64::MAX).map(place).expect("endless")).collect()
    }

    #[test]
    fn gaps_are_exponential() {
        // Kolmogorov and Smirnov: the distance between the gaps and the distribution they should have.
        for seed in [0, 1, 42, u64::MAX] {
            let places = places(seed, 20_000);
            let mut gaps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
            gaps.sort_unstable_by(f64::total_cmp);
            let count = gaps.len() as f64;
            let off = |(rank, gap): (usize, &f64)| (1.0 - (-gap).exp() - (rank as f64 + 0.5) / count).abs();
            let distance = gaps.iter().enumerate().map(off).fold(0.0, f64::max);
            // One process in a hundred is farther off than this.
            assert!(distance * count.sqrt() < 1.63, "seed {seed}: {distance}");
        }
    }

    #[test]
    fn gaps_know_nothing_of_the_gap_before() {
        let places = places(7, 20_000);
        let gaps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0] - 1.0).collect();
        let product: f64 = gaps.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let correlation = product / gaps.iter().map(|gap| gap * gap).sum::<f64>();
        assert!(correlation.abs() < 0.02, "{correlation}");
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_their_window() {
        // Windows that fit no block.
        for width in [0.7, 5.0, 23.0] {
            let mut counts = vec![0.0_f64; 4_000];
            for place in places(3, 200_000) {
                if let Some(count) = counts.get_mut((place / width) as usize) {
                    *count += 1.0;
                }
            }
            let windows = (200_000.0 / width * 0.98).min(4_000.0) as usize;
            let counts = &counts[..windows];
            let mean = counts.iter().sum::<f64>() / counts.len() as f64;
            let variance =
                counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (counts.len() - 1) as f64;
            assert!((mean / width - 1.0).abs() < 0.05, "{width}: mean {mean}");
            assert!((variance / width - 1.0).abs() < 0.1, "{width}: variance {variance}");
        }
    }

    #[test]
    fn points_are_the_same_everywhere_and_for_ever() {
        let mut points = Points::new(42);
        let first: Vec<(u64, u64)> = (0..3)
            .filter_map(|index| points.point(index, 1))
            .map(|point| (point.block, point.place))
            .collect();
        let expected = [1_859_015_250_291_524, 3_473_948_085_304_639, 3_601_658_229_721_317];
        assert_eq!(first, expected.map(|place| (0, place)));
        assert_eq!(seed_of("browse"), 0x5e72_c12b_3367_ac87);
    }

    #[test]
    fn skipping_changes_nothing() {
        let mut walking = Points::new(5);
        let all: Vec<Point> = (0..2_000).filter_map(|index| walking.point(index, 1_000)).collect();
        let mut skipping = Points::new(5);
        for index in (3..2_000).step_by(97) {
            assert_eq!(skipping.point(index as u64, 1_000), Some(all[index]));
        }
        assert!(all.is_sorted());
        assert_eq!(skipping.point(u64::MAX, 1_000), None);
        assert_eq!(skipping.block, 1_000);
    }

    #[test]
    fn the_distribution_is_complete() {
        assert!(AT_MOST.is_sorted());
        assert!((1_u64 << PLACE_BITS).abs_diff(AT_MOST[MOST - 1]) < 16);
    }
}
