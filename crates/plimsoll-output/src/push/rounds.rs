//! Rounds of requests that push totals: one round after the other, each as a whole delivered or not.

use std::sync::Arc;
use std::time::Duration;

use super::client::{Client, Post};
use super::dispatch::{Dispatch, Done};
use crate::output::{Outlook, Setbacks};

/// Requests of a round that are on their way at once.
const AT_ONCE: usize = 4;
/// How long a round is waited for after the run.
const SETTLE: Duration = Duration::from_secs(8);

/// The rounds of one output.
pub(crate) struct Rounds {
    dispatch: Dispatch,
    /// Requests of the round that have not come to their end.
    pending: usize,
    /// Those that the server has not judged.
    unjudged: usize,
    /// Those that it has judged since this was last asked, by their place in the round.
    judged: Vec<usize>,
    is_failed: bool,
    /// The samples that the round's totals hold, and those of the last one delivered.
    samples: u64,
    delivered: u64,
}

impl Rounds {
    /// A request is tried again for as long as `interval`: then the next round has newer totals.
    pub(crate) fn new(client: Arc<Client>, interval: Duration) -> Self {
        Self {
            dispatch: Dispatch::new(client, AT_ONCE, interval.min(SETTLE), Outlook::MadeUp),
            pending: 0,
            unjudged: 0,
            judged: Vec::new(),
            is_failed: false,
            samples: 0,
            delivered: 0,
        }
    }

    /// From now on a round that fails means this.
    pub(crate) fn set_outlook(&mut self, outlook: Outlook) {
        self.dispatch.set_outlook(outlook);
    }

    /// Whether the last round has come to its end.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending == 0
    }

    /// Whether nobody knows what the server has made of a request of the last round.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.unjudged > 0
    }

    /// The requests of the last round that the server has taken, or refused for good, by their place in it;
    /// each is told once.
    pub(crate) fn take_judged(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.judged)
    }

    /// The samples in totals that were delivered.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Sends a round whose totals hold so many samples.
    pub(crate) async fn begin(&mut self, posts: Vec<Post>, samples: u64) {
        (self.pending, self.unjudged) = (posts.len(), posts.len());
        (self.is_failed, self.samples) = (false, samples);
        self.judged.clear();
        for (place, post) in posts.into_iter().enumerate() {
            let done = self.dispatch.submit(post, place as u64).await;
            self.note(&done);
        }
    }

    /// Looks at what has come to its end, without waiting.
    pub(crate) fn collect(&mut self) {
        let done = self.dispatch.take_done();
        self.note(&done);
    }

    /// Waits for the round to come to its end. What has not by then is given up.
    pub(crate) async fn settle(&mut self) {
        let done = self.dispatch.drain(SETTLE).await;
        self.note(&done);
        self.pending = 0;
    }

    fn note(&mut self, done: &[Done]) {
        for one in done {
            if one.is_judged {
                self.unjudged = self.unjudged.saturating_sub(1);
                self.judged.extend(usize::try_from(one.tag));
            }
            self.is_failed |= !one.is_delivered;
            self.pending = self.pending.saturating_sub(1);
            if self.pending == 0 && !self.is_failed {
                self.delivered = self.samples;
            }
        }
    }

    /// What there is to tell, with this many samples lost.
    pub(crate) fn setbacks(&mut self, lost: u64) -> Setbacks {
        self.dispatch.setbacks(lost)
    }
}
