//! Faults that make one known resource the desk's limit, so that whoever looks for the limit has something to
//! find: the processor, a pool of connections, a lock, or the disk.
//!
//! Each is bounded, each keeps account of its use and its queue for `/metrics`. Start with [`Bound::serve`].

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::settings::{SettingsError, count, time};
use super::workers::Workers;
use crate::occupancy::{Occupancy, OccupancyReading};
use crate::process::thread_cpu_time;

/// Which resource every request needs, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum BoundFault {
    /// Computing: so many milliseconds of processor time on one of so many threads.
    Cpu {
        /// Requests that compute at the same time.
        threads: usize,
        /// Processor time, not time: on a busy machine it takes longer.
        burn_ms: f64,
    },
    /// A connection out of a pool, held for so long. Costs no processor time.
    Pool {
        /// How many there are.
        connections: usize,
        /// How long a request holds one.
        hold_ms: f64,
    },
    /// One lock, held for so long. Costs no processor time.
    Lock {
        /// How long a request holds it.
        hold_ms: f64,
    },
    /// So many kibibytes written to a temporary file and flushed to the disk.
    Io {
        /// Requests that write at the same time, each to a file of its own.
        writers: usize,
        /// How much each writes.
        write_kib: usize,
    },
}

/// Sixteen mebibytes a request are more than any disk keeps up with.
const MAX_KIB: usize = 16 * 1024;

/// The resource at work.
pub(super) enum Bound {
    Cpu { threads: usize, workers: Workers },
    Pool { connections: usize, slots: Slots },
    Lock { slots: Slots },
    Io { writers: usize, workers: Workers, written: Arc<Written> },
}

/// What a bound says of itself; see [`BoundFault`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoundReading {
    pub resource: Resource,
    pub occupancy: OccupancyReading,
}

/// The kind of a bound, and how much of it there is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resource {
    Cpu { threads: usize },
    Pool { connections: usize },
    Lock,
    Io { writers: usize, written_bytes: u64 },
}

impl BoundFault {
    pub(super) fn start(self) -> Result<Bound, SettingsError> {
        Ok(match self {
            Self::Cpu { threads, burn_ms } => {
                let burned = millis(burn_ms)?;
                let works = (0..count("threads", threads)?).map(|_| move |_| burn(burned));
                Bound::Cpu { threads, workers: Workers::start(works) }
            }
            Self::Pool { connections, hold_ms } => Bound::Pool {
                connections,
                slots: Slots::new(count("connections", connections)?, millis(hold_ms)?),
            },
            Self::Lock { hold_ms } => Bound::Lock { slots: Slots::new(1, millis(hold_ms)?) },
            Self::Io { writers, write_kib } => start_writers(count("writers", writers)?, write_kib)?,
        })
    }
}

fn millis(ms: f64) -> Result<Duration, SettingsError> {
    time(ms).map(|ms| Duration::from_secs_f64(ms / 1000.0))
}

impl Bound {
    /// Waits for the resource and then until it has been used.
    pub(super) async fn serve(&self) {
        match self {
            Self::Cpu { workers, .. } | Self::Io { workers, .. } => workers.serve().await,
            Self::Pool { slots, .. } | Self::Lock { slots } => slots.hold().await,
        }
    }

    pub(super) fn read(&self) -> BoundReading {
        match self {
            Self::Cpu { threads, workers } => {
                reading(Resource::Cpu { threads: *threads }, workers.occupancy())
            }
            Self::Pool { connections, slots } => {
                reading(Resource::Pool { connections: *connections }, &slots.occupancy)
            }
            Self::Lock { slots } => reading(Resource::Lock, &slots.occupancy),
            Self::Io { writers, workers, written } => {
                let written_bytes = *written.lock().unwrap_or_else(PoisonError::into_inner);
                reading(Resource::Io { writers: *writers, written_bytes }, workers.occupancy())
            }
        }
    }
}

fn reading(resource: Resource, occupancy: &Occupancy) -> BoundReading {
    BoundReading { resource, occupancy: occupancy.read() }
}

/// Between two looks at the clock: some microseconds.
const ROUNDS: u64 = 4096;

/// Computes until this thread has used so much processor time.
fn burn(time: Duration) {
    let until = thread_cpu_time() + time;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while thread_cpu_time() < until {
        for round in 0..ROUNDS {
            state = std::hint::black_box(state.rotate_left(5).wrapping_mul(0x2545_f491_4f6c_dd1d) ^ round);
        }
    }
}

/// Something of which there are a few, held for a fixed time.
pub(super) struct Slots {
    free: Semaphore,
    hold: Duration,
    /// By how much earlier holds were longer than they should have been: the runtime's timer is late by up to
    /// a millisecond, and what the slots can do in a second has to be right.
    late: Mutex<Duration>,
    occupancy: Occupancy,
}

impl Slots {
    fn new(slots: usize, hold: Duration) -> Self {
        Self { free: Semaphore::new(slots), hold, late: Mutex::default(), occupancy: Occupancy::default() }
    }

    async fn hold(&self) {
        let waiting = self.occupancy.wait();
        let _slot = self.free.acquire().await.expect("the semaphore is never closed");
        let _using = waiting.begin();
        let (started_at, repaid) = (Instant::now(), self.repay());
        let wanted = self.hold - repaid;
        tokio::time::sleep(wanted).await;
        *self.lock_late() += started_at.elapsed().saturating_sub(wanted);
    }

    /// Takes from what earlier holds were too long as much as this one can be shorter.
    fn repay(&self) -> Duration {
        let mut late = self.lock_late();
        let repaid = (*late).min(self.hold);
        *late -= repaid;
        repaid
    }

    fn lock_late(&self) -> std::sync::MutexGuard<'_, Duration> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that reached the disk.
type Written = Mutex<u64>;

/// Opens a file for each writer. They have no name, so that the system removes them whatever happens.
fn start_writers(writers: usize, kib: usize) -> Result<Bound, SettingsError> {
    if !(1..=MAX_KIB).contains(&kib) {
        return Err(SettingsError::Size { given: kib, limit: MAX_KIB });
    }
    let files: Result<Vec<_>, _> = (0..writers).map(|_| tempfile::tempfile()).collect();
    let files = files.map_err(|error| SettingsError::File(error.to_string()))?;
    let written = Arc::new(Written::default());
    let works = files.into_iter().map(|file| writer(file, vec![0x5a; kib * 1024], Arc::clone(&written)));
    Ok(Bound::Io { writers, workers: Workers::start(works), written })
}

/// What a writer does for a request: the same place each time, so that the file does not grow.
fn writer(mut file: File, block: Vec<u8>, written: Arc<Written>) -> impl FnMut(Instant) {
    move |_| {
        let write = file.rewind().and_then(|()| file.write_all(&block)).and_then(|()| file.sync_data());
        match write {
            Ok(()) => *written.lock().unwrap_or_else(PoisonError::into_inner) += block.len() as u64,
            Err(error) => tracing::warn!(%error, "a write that was to keep the disk busy failed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn serve(bound: Bound, requests: usize) -> (Arc<Bound>, Duration) {
        let (bound, started_at) = (Arc::new(bound), Instant::now());
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..requests {
            let bound = Arc::clone(&bound);
            all.spawn(async move { bound.serve().await });
        }
        all.join_all().await;
        (bound, started_at.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_pool_serves_as_many_at_a_time_as_it_has_connections() {
        let fault = BoundFault::Pool { connections: 5, hold_ms: 20.0 };
        let (bound, took) = serve(fault.start().expect("a valid fault"), 100).await;
        assert_eq!(took.as_millis(), 400);
        let BoundReading { resource, occupancy } = bound.read();
        assert!(matches!(resource, Resource::Pool { connections: 5 }), "{resource:?}");
        assert_eq!((occupancy.uses, occupancy.used.as_millis()), (100, 2000));
        // Five each wait for 0, 20, 40, …, 380 ms.
        assert_eq!(occupancy.waited.as_millis(), 5 * 20 * 190);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_serves_one_after_the_other_and_those_who_left_not_at_all() {
        let bound = Arc::new(BoundFault::Lock { hold_ms: 10.0 }.start().expect("a valid fault"));
        let leaves = Arc::clone(&bound);
        let leaver = tokio::spawn(async move {
            leaves.serve().await;
            leaves.serve().await;
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(bound.read().occupancy.in_use, 1);
        leaver.abort();
        leaver.await.expect_err("it was told to leave");
        let occupancy = bound.read().occupancy;
        assert_eq!((occupancy.in_use, occupancy.waiting), (0, 0));
        let started_at = Instant::now();
        tokio::join!(bound.serve(), bound.serve(), bound.serve());
        assert_eq!(started_at.elapsed().as_millis(), 30);
    }

    #[tokio::test]
    async fn the_processor_is_really_used() {
        let fault = BoundFault::Cpu { threads: 2, burn_ms: 10.0 };
        let before = crate::process::cpu_time();
        let (bound, took) = serve(fault.start().expect("a valid fault"), 20).await;
        let used = crate::process::cpu_time() - before;
        assert!(used >= Duration::from_millis(200), "{used:?}");
        assert!(took >= Duration::from_millis(100), "two threads share 200 ms: {took:?}");
        assert_eq!(bound.read().occupancy.uses, 20);
    }

    #[tokio::test]
    async fn the_disk_is_really_written_to() {
        let fault = BoundFault::Io { writers: 2, write_kib: 64 };
        let (bound, _) = serve(fault.start().expect("a valid fault"), 10).await;
        let BoundReading { resource, occupancy } = bound.read();
        assert!(matches!(resource, Resource::Io { writers: 2, written_bytes: 655_360 }), "{resource:?}");
        assert!(occupancy.used > Duration::ZERO);
    }

    #[test]
    fn nonsense_is_refused() {
        let refusal = |fault: BoundFault| fault.start().err().expect("nonsense");
        let threads = refusal(BoundFault::Cpu { threads: 0, burn_ms: 1.0 });
        assert_eq!(threads, SettingsError::Count { what: "threads", given: 0 });
        assert_eq!(refusal(BoundFault::Lock { hold_ms: -1.0 }), SettingsError::Time(-1.0));
        let size = refusal(BoundFault::Io { writers: 1, write_kib: 0 });
        assert_eq!(size, SettingsError::Size { given: 0, limit: MAX_KIB });
        for json in [r#"{"by":"luck"}"#, r#"{"by":"lock","holdMs":1,"connections":2}"#, r#"{"by":"lock"}"#] {
            serde_json::from_str::<BoundFault>(json).expect_err(json);
        }
    }
}
