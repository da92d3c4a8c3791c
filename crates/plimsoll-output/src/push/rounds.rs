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
    is_failed: bool,
    /// The samples that the round's totals hold, and those of the last one delivered.
    samples: u64,
    delivered: u64,
}

impl Rounds {
    /// A request is tried again for as long as `interval`: then the next round has newer totals.
    pub(crate) fn new(client: Arc<Client>, interval: Duration) -> Self {
        let dispatch = Dispatch::new(client, AT_ONCE, interval.min(SETTLE), Outlook::MadeUp);
        Self { dispatch, pending: 0, is_failed: false, samples: 0, delivered: 0 }
    }

    /// Whether the last round has come to its end.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending == 0
    }

    /// The samples in totals that were delivered.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Sends a round whose totals hold so many samples.
    pub(crate) async fn begin(&mut self, posts: Vec<Post>, samples: u64) {
        (self.pending, self.is_failed, self.samples) = (posts.len(), false, samples);
        for post in posts {
            let done = self.dispatch.submit(post, samples).await;
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
