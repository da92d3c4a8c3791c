//! What outputs of totals do: add samples up, push at intervals, and once more after the run.
//!
//! A push that fails loses nothing, since the next one has larger totals; only when the last one fails are
//! the samples lost that came after the last successful one. Start from [`Totals`].

use std::sync::Arc;
use std::time::Duration;

use plimsoll_metrics::SampleBatch;

use super::client::{Client, Post};
use super::rounds::Rounds;
use super::schedule::Schedule;
use crate::cumulative::Cumulative;
use crate::output::{Outlook, Setbacks};

/// From totals to requests.
pub(crate) trait Requests {
    /// The requests of the next round.
    fn round(&mut self, totals: &Cumulative) -> Vec<Post>;

    /// The server has taken a request of the last round, or has refused it for good; the request is told by
    /// its place.
    fn judged(&mut self, _place: usize) {}

    /// What is sent when the last round has come to its end.
    fn farewell(&mut self, _totals: &Cumulative) -> Vec<Post> {
        Vec::new()
    }
}

/// The totals of an output, and how they are pushed.
pub(crate) struct Totals<R> {
    requests: R,
    so_far: Cumulative,
    rounds: Rounds,
    schedule: Schedule,
    lost: u64,
}

impl<R: Requests> Totals<R> {
    pub(crate) fn new(requests: R, client: Client, interval: Duration) -> Self {
        Self {
            requests,
            so_far: Cumulative::default(),
            rounds: Rounds::new(Arc::new(client), interval),
            schedule: Schedule::new(interval),
            lost: 0,
        }
    }

    /// Pushes if it is time to, and adds a batch.
    pub(crate) async fn add(&mut self, batch: &SampleBatch) {
        self.rounds.collect();
        self.note();
        if self.schedule.is_due() && self.rounds.is_idle() && self.so_far.samples() > 0 {
            self.push().await;
            self.schedule.pushed();
        }
        self.lost += self.so_far.absorb(batch);
    }

    /// Pushes what there is in the end.
    pub(crate) async fn end(&mut self) {
        self.settle().await;
        let samples = self.so_far.samples();
        if samples > 0 {
            let was_in_doubt = self.rounds.is_in_doubt();
            self.rounds.set_outlook(Outlook::Lost);
            self.push().await;
            self.settle().await;
            // A server that has had the round before after all may refuse what this one repeats. Once it has,
            // nothing is repeated any more.
            if was_in_doubt && !self.rounds.is_in_doubt() && self.rounds.delivered() < samples {
                self.push().await;
                self.settle().await;
            }
            self.lost += samples - self.rounds.delivered();
        }
        self.rounds.set_outlook(Outlook::Harmless);
        let farewell = self.requests.farewell(&self.so_far);
        self.rounds.begin(farewell, samples).await;
        self.settle().await;
    }

    async fn push(&mut self) {
        let posts = self.requests.round(&self.so_far);
        self.rounds.begin(posts, self.so_far.samples()).await;
    }

    async fn settle(&mut self) {
        self.rounds.settle().await;
        self.note();
    }

    fn note(&mut self) {
        for place in self.rounds.take_judged() {
            self.requests.judged(place);
        }
    }

    /// What has gone wrong since it was last asked.
    pub(crate) fn setbacks(&mut self) -> Setbacks {
        let lost = std::mem::take(&mut self.lost);
        self.rounds.setbacks(lost)
    }
}
