//! One clock for everything: [`tokio::time::Instant`], and its translation to the timestamps of samples.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use plimsoll_metrics::Timestamp;
use tokio::time::Instant;

/// Translates between instants and timestamps.
///
/// The wall clock is read once, when the clock is made. So timestamps never go backwards, and they agree
/// between worker threads even when the system's clock is set during the run.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    origin_nanos: u64,
}

impl Clock {
    /// A clock whose origin is now.
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), origin_nanos: nanos(wall) }
    }

    /// The current instant.
    #[inline]
    pub fn now(&self) -> Instant {
        Instant::now()
    }

    /// The timestamp of an instant.
    #[inline]
    pub fn timestamp(&self, at: Instant) -> Timestamp {
        match at.checked_duration_since(self.origin) {
            Some(after) => Timestamp(self.origin_nanos.saturating_add(nanos(after))),
            None => Timestamp(self.origin_nanos.saturating_sub(nanos(self.origin.duration_since(at)))),
        }
    }
}

/// Until the year 2554 this fits.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn timestamps_follow_instants() {
        let clock = Clock::start();
        let first = clock.now();
        tokio::time::advance(Duration::from_millis(1500)).await;
        let second = clock.now();
        assert_eq!(clock.timestamp(second).0 - clock.timestamp(first).0, 1_500_000_000);
        let before = first.checked_sub(Duration::from_secs(1)).expect("the machine runs longer than that");
        assert_eq!(clock.timestamp(first).0 - clock.timestamp(before).0, 1_000_000_000);
    }
}
