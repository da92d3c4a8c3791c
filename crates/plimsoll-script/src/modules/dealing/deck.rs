//! Which row comes next: the rules, without JavaScript.
//!
//! Rows are dealt like everything else in a divided test: hands are numbered over all instances, and an
//! instance has the numbers of its [`Stripe`]. Within an instance a counter gives each number to one VU.
//! Nothing is locked, and instances need not talk to each other.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use plimsoll_plan::stripe::Stripe;

/// How many rows have been dealt in this instance.
#[derive(Debug, Default)]
pub(crate) struct Deck(AtomicU64);

impl Deck {
    /// The next number of the whole test; nobody else has it.
    pub(super) fn take(&self, stripe: &Stripe) -> u64 {
        stripe.slot(self.0.fetch_add(1, Relaxed))
    }
}

/// The row of draw number `draw` of one VU, equally likely each.
pub(super) fn at_random(seed: u64, vu: u64, draw: u64, rows: u64) -> u64 {
    let bits = mixed(mixed(mixed(seed) ^ vu) ^ draw);
    // The upper half of the product: no row is more likely than another by more than rows / 2^64.
    ((u128::from(bits) * u128::from(rows)) >> 64) as u64
}

/// The output function of SplitMix64.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use plimsoll_plan::{OptionsLayer, Origin};

    use super::*;

    #[test]
    fn instances_and_threads_share_out_every_row_once() {
        let mut dealt = Vec::new();
        for segment in ["0:1/3", "1/3:2/3", "2/3:1"] {
            let options = serde_json::json!({ "executionSegment": segment });
            let layer = OptionsLayer::from_json(Origin::Script("main.js".into()), &options);
            let stripe = plimsoll_plan::resolve(vec![layer]).expect("a segment").vus;
            let deck = Deck::default();
            let take = || (0..50).map(|_| deck.take(&stripe)).collect::<Vec<u64>>();
            let own = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..2).map(|_| scope.spawn(take)).collect();
                threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
            });
            dealt.extend(own);
        }
        dealt.sort_unstable();
        assert_eq!(dealt, (0..300).collect::<Vec<u64>>());
    }

    #[test]
    fn draws_are_repeatable_and_reach_every_row() {
        let draws = |seed, vu| (0..400).map(|draw| at_random(seed, vu, draw, 20)).collect::<Vec<_>>();
        assert_eq!(draws(1, 1), draws(1, 1));
        assert_ne!(draws(1, 1), draws(1, 2));
        assert_ne!(draws(1, 1), draws(2, 1));
        assert_eq!(draws(1, 1).into_iter().collect::<BTreeSet<_>>().len(), 20);
    }
}
