//! The warm-up: what is recorded in the first part of the scenarios phase is kept apart from the verdict.
//!
//! A sample belongs to the part of the run in which it is taken. Nothing marks it: when a part ends, each
//! worker merges what it has recorded so far, and what it records from then on goes to the next part's
//! [`Lane`]. `setup` and `teardown` are never warm-up.

use std::convert::Infallible;

use tokio::time::sleep_until;

use crate::conductor::Conductor;

/// Which numbers the samples of the present part of the run belong to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Those that are judged.
    #[default]
    Measured,
    /// Those that are kept apart.
    WarmUp,
}

impl Conductor {
    /// Begins the warm-up, if there is to be one.
    pub(crate) async fn begin_warm_up(&self) {
        if !self.plan.options.warmup.is_zero() {
            self.shared.state.begin_warm_up();
            self.change_lane(Lane::WarmUp).await;
        }
    }

    /// Ends the warm-up, unless it is over.
    pub(crate) async fn end_warm_up(&self) {
        self.shared.state.end_warm_up();
        self.change_lane(Lane::Measured).await;
    }

    async fn change_lane(&self, lane: Lane) {
        let before = self.lane.replace(lane);
        if before != lane {
            self.shared.absorb(before, &mut self.shard.borrow_mut());
            self.crew.change_lane(lane).await;
        }
    }
}

/// Ends the warm-up when its time is up. May be dropped at any time.
pub(crate) async fn watch_warm_up(conductor: &Conductor) -> Infallible {
    conductor.warm_up_begun.notified().await;
    let state = &conductor.shared.state;
    if let Some(begun) = state.warm_up_begun() {
        sleep_until(begun + conductor.plan.options.warmup).await;
        conductor.end_warm_up().await;
    }
    std::future::pending().await
}
