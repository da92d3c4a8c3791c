//! How much of something bounded is in use, how many wait for it, and how long both have lasted.
//!
//! Gauges show a moment; the sums over time beside them show a whole interval between two readings: use per
//! second over what there is makes the utilisation, waiting per second the mean length of the queue. Start
//! with [`Occupancy::wait`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The account of one resource. Clones keep the same account.
#[derive(Clone)]
pub(crate) struct Occupancy(Arc<Mutex<State>>);

struct State {
    counts: OccupancyReading,
    /// Up to when the sums are complete.
    since: Instant,
}

/// What an account says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OccupancyReading {
    /// How many use it now.
    pub in_use: usize,
    /// How many wait now.
    pub waiting: usize,
    /// How often it was taken.
    pub uses: u64,
    /// The time of all uses together, those that still last included.
    pub used: Duration,
    /// The time of all waits together, those that still last included.
    pub waited: Duration,
}

impl Default for Occupancy {
    fn default() -> Self {
        let state = State { counts: OccupancyReading::default(), since: Instant::now() };
        Self(Arc::new(Mutex::new(state)))
    }
}

impl Occupancy {
    /// Somebody waits, from now until the guard is dropped or begins a use.
    pub(crate) fn wait(&self) -> Waiting {
        self.up_to_now().counts.waiting += 1;
        Waiting(self.clone())
    }

    /// The account up to now.
    pub(crate) fn read(&self) -> OccupancyReading {
        self.up_to_now().counts
    }

    fn up_to_now(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.saturating_duration_since(state.since);
        state.since = now;
        let State { counts, .. } = &mut *state;
        counts.used += passed * saturating(counts.in_use);
        counts.waited += passed * saturating(counts.waiting);
        state
    }
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Somebody who waits.
pub(crate) struct Waiting(Occupancy);

impl Waiting {
    /// The wait is over and the use begins.
    pub(crate) fn begin(self) -> Using {
        let mut state = self.0.up_to_now();
        state.counts.in_use += 1;
        state.counts.uses += 1;
        drop(state);
        Using(self.0.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.up_to_now().counts.waiting -= 1;
    }
}

/// Somebody who uses it, until this is dropped.
pub(crate) struct Using(Occupancy);

impl Drop for Using {
    fn drop(&mut self) {
        self.0.up_to_now().counts.in_use -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn sums_are_integrals_of_the_gauges() {
        let account = Occupancy::default();
        let (first, second) = (account.wait(), account.wait());
        tokio::time::advance(SECOND).await;
        let using = first.begin();
        tokio::time::advance(2 * SECOND).await;
        let read = account.read();
        assert_eq!((read.in_use, read.waiting, read.uses), (1, 1, 1));
        assert_eq!((read.used, read.waited), (2 * SECOND, 4 * SECOND));
        drop((using, second));
        tokio::time::advance(SECOND).await;
        let read = account.read();
        assert_eq!((read.in_use, read.waiting), (0, 0));
        assert_eq!((read.used, read.waited), (2 * SECOND, 4 * SECOND));
    }
}
