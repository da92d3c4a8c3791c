//! How the workers' parts of an arrival-rate scenario help each other out.
//!
//! Every worker starts its own stripe of the schedule on its own VUs, so that ordinarily nothing crosses
//! threads. Only an arrival that finds no free VU at home goes elsewhere. Each part publishes how many VUs it
//! can still give; taking one is an atomic decrement, and whoever took it may send the arrival there.

use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicU32,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};

use tokio::{sync::mpsc, time::Instant};

use crate::vu::VuId;

/// An arrival that another worker passes on. Its VU has been taken already.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// For a VU that is free, or is about to be.
    Serve { due_at: Instant },
    /// For a VU that is to be made.
    Make { due_at: Instant },
}

/// The way to another part; `None` leads to oneself.
pub(crate) type Peer = Option<mpsc::UnboundedSender<Order>>;

/// What one part can still give. On a cache line of its own: the owner touches it at every iteration.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Supply {
    /// VUs without an iteration.
    free: AtomicU32,
    /// VUs that may be made.
    unmade: AtomicU32,
}

/// What all parts share.
#[derive(Debug)]
struct Market {
    supplies: Vec<Supply>,
    exhausted: AtomicBool,
}

/// One part's place in the exchange.
#[derive(Debug)]
pub(crate) struct Post {
    /// Its number among the parts.
    pub(crate) number: usize,
    /// The VUs that are there from the start.
    pub(crate) planned: Vec<VuId>,
    /// The VUs that are made on demand.
    pub(crate) on_demand: Vec<VuId>,
    /// Closes when no other part has anything to pass on any more.
    pub(crate) inbox: mpsc::UnboundedReceiver<Order>,
    /// To all parts.
    pub(crate) peers: Vec<Peer>,
    pub(crate) supply: SupplyView,
}

/// The supplies of all parts, as one of them sees them.
#[derive(Debug, Clone)]
pub(crate) struct SupplyView {
    market: Arc<Market>,
    own: usize,
}

/// A place in the exchange for each of `workers` workers that has some of the VUs, of which the first
/// `planned` are there from the start.
pub(crate) fn posts(vu_ids: &[u32], planned: u32, workers: usize) -> Vec<Option<Post>> {
    let (planned, on_demand) = vu_ids.split_at(planned as usize);
    let of = |ids: &[u32], worker: usize| -> Vec<VuId> {
        ids.iter().map(|id| VuId(*id)).filter(|id| id.home(workers) == worker).collect()
    };
    let vus = (0..workers).map(|worker| (of(planned, worker), of(on_demand, worker)));
    let vus: Vec<_> = vus.map(|vus| (!vus.0.is_empty() || !vus.1.is_empty()).then_some(vus)).collect();
    let supply = |(planned, on_demand): &(Vec<VuId>, Vec<VuId>)| Supply {
        free: AtomicU32::new(planned.len() as u32),
        unmade: AtomicU32::new(on_demand.len() as u32),
    };
    let supplies: Vec<Supply> = vus.iter().flatten().map(supply).collect();
    let (senders, mut inboxes): (Vec<_>, Vec<_>) = supplies.iter().map(|_| mpsc::unbounded_channel()).unzip();
    let market = Arc::new(Market { supplies, exhausted: AtomicBool::new(false) });
    let mut next = inboxes.drain(..).enumerate();
    let mut post = |(planned, on_demand)| {
        let (number, inbox) = next.next()?;
        let peers =
            senders.iter().enumerate().map(|(other, sender)| (other != number).then(|| sender.clone()));
        let supply = SupplyView { market: Arc::clone(&market), own: number };
        Some(Post { number, planned, on_demand, inbox, peers: peers.collect(), supply })
    };
    vus.into_iter().map(|vus| vus.and_then(&mut post)).collect()
}

impl SupplyView {
    /// Takes a free VU, at home if there is one: the part that has it.
    pub(crate) fn take_free(&self) -> Option<usize> {
        self.find(|supply| &supply.free)
    }

    /// Takes a VU that is to be made, at home if there is one left: the part that makes it.
    pub(crate) fn take_unmade(&self) -> Option<usize> {
        self.find(|supply| &supply.unmade)
    }

    /// One of the part's own VUs is free again.
    #[inline]
    pub(crate) fn give_free(&self) {
        self.market.supplies[self.own].free.fetch_add(1, AcqRel);
    }

    /// Says that there was no VU for an arrival. `true` the first time.
    pub(crate) fn exhaust(&self) -> bool {
        !self.market.exhausted.swap(true, Relaxed)
    }

    fn find(&self, counter: impl Fn(&Supply) -> &AtomicU32) -> Option<usize> {
        let supplies = &self.market.supplies;
        let nearest_first = (self.own..supplies.len()).chain(0..self.own);
        nearest_first.into_iter().find(|part| {
            let less_one = |left: u32| left.checked_sub(1);
            counter(&supplies[*part]).fetch_update(AcqRel, Acquire, less_one).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vus_are_taken_at_home_first_and_each_once() {
        let posts: Vec<Post> = posts(&[1, 2, 3, 7], 3, 2).into_iter().flatten().collect();
        assert_eq!(posts[0].planned, [VuId(1), VuId(3)]);
        assert_eq!((&posts[0].on_demand[..], &posts[1].planned[..]), (&[VuId(7)][..], &[VuId(2)][..]));
        let second = &posts[1].supply;
        let taken: Vec<_> = std::iter::from_fn(|| second.take_free()).collect();
        assert_eq!(taken, [1, 0, 0]);
        assert_eq!((second.take_unmade(), second.take_unmade()), (Some(0), None));
        posts[0].supply.give_free();
        assert_eq!(second.take_free(), Some(0));
        assert!(second.exhaust() && !posts[0].supply.exhaust());
    }

    #[test]
    fn workers_without_vus_have_no_post() {
        let posts = posts(&[2], 1, 3);
        assert_eq!(posts.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(posts[1].as_ref().map(|post| post.number), Some(0));
    }
}
