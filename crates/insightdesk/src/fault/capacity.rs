//! A server of known capacity: c workers, exponential service times, one queue (M/M/c when arrivals are
//! Poisson).
//!
//! Capacity is c / mean, and that number has to be right. So each worker keeps a schedule: a service begins
//! when its request came or the service before it was over, whichever is later, and not when the system got
//! round to waking the worker. That it wakes late makes the answer late, and takes nothing from the capacity.
//! Workers are threads, because threads sleep with some 50 µs of error and the runtime's timer with up to a
//! millisecond. Start with [`CapacityFault::start`].

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::settings::{SettingsError, count, exponential, time};
use super::workers::Workers;

/// An M/M/c server, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CapacityFault {
    /// Requests that are served at the same time.
    pub workers: usize,
    /// How long serving one takes on average.
    pub mean_service_ms: f64,
}

impl CapacityFault {
    pub(super) fn start(self) -> Result<Workers, SettingsError> {
        let (workers, mean) = (count("workers", self.workers)?, time(self.mean_service_ms)?);
        Ok(Workers::start((0..workers).map(|_| worker(mean))))
    }
}

/// What a worker does for a request.
fn worker(mean_service_ms: f64) -> impl FnMut(Instant) {
    let mut free_at = Instant::now();
    move |asked_at| {
        let service = Duration::from_secs_f64(exponential(mean_service_ms) / 1000.0);
        free_at = free_at.max(asked_at) + service;
        std::thread::sleep(free_at.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn throughput_is_workers_over_mean() {
        let queue = CapacityFault { workers: 4, mean_service_ms: 2.0 }.start().expect("a valid fault");
        let started = Instant::now();
        let mut requests = tokio::task::JoinSet::new();
        let queue = Arc::new(queue);
        for _ in 0..2000 {
            let queue = Arc::clone(&queue);
            requests.spawn(async move { queue.serve().await });
        }
        requests.join_all().await;
        // 2,000 services of 2 ms by 4 workers take 1 s, ± 5 standard deviations of 2.2 %; a busy machine adds
        // some.
        let took = started.elapsed().as_secs_f64();
        assert!((0.88..5.0).contains(&took), "{took}");
    }
}
