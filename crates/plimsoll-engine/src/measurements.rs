//! Everything measured so far, merged from the workers' shards.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use plimsoll_metrics::{Aggregate, Shard};

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
