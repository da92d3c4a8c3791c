//! Everything measured so far, merged from the workers' shards.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use plimsoll_metrics::{Aggregate, Shard};
use tokio::sync::watch;

/// The numbers of a run, at most a second old while it goes on. Clones share them.
///
/// The lock is taken once a tick by each worker, never for a sample. Whoever reads should be quick.
#[derive(Debug, Clone, Default)]
pub struct Measurements(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    growing: Mutex<Aggregate>,
    /// The whole, once the run is over.
    whole: OnceLock<Arc<Aggregate>>,
    /// How often all workers have merged what they recorded.
    ticks: watch::Sender<u64>,
}

impl Measurements {
    /// Looks at the numbers, during the run or after it.
    pub fn read<T>(&self, look: impl FnOnce(&Aggregate) -> T) -> T {
        let growing = self.lock();
        match self.0.whole.get() {
            Some(whole) => look(whole),
            None => look(&growing),
        }
    }

    /// The numbers as they are now, for whoever takes longer: workers wait for the copy alone.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Aggregate> {
        let growing = self.lock();
        match self.0.whole.get() {
            Some(whole) => Arc::clone(whole),
            None => Arc::new(growing.clone()),
        }
    }

    /// Changes each time all workers have merged what they recorded, once a second: whoever looks then sees
    /// whole seconds of the run.
    #[must_use]
    pub fn ticks(&self) -> watch::Receiver<u64> {
        self.0.ticks.subscribe()
    }

    /// All workers have merged.
    pub(crate) fn note_tick(&self) {
        self.0.ticks.send_modify(|ticks| *ticks += 1);
    }

    /// Merges a shard. What comes after the end of the run is not kept.
    pub(crate) fn absorb(&self, shard: &mut Shard) {
        self.lock().absorb(shard);
    }

    /// The run is over: nothing is added any more.
    pub(crate) fn close(&self) -> Arc<Aggregate> {
        let mut growing = self.lock();
        Arc::clone(self.0.whole.get_or_init(|| Arc::new(std::mem::take(&mut *growing))))
    }

    fn lock(&self) -> MutexGuard<'_, Aggregate> {
        // A poisoned lock means that another worker panicked between two merges; the numbers are still whole.
        self.0.growing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
