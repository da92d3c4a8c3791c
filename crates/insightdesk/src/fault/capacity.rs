//! A server of known capacity: c workers, exponential service times, one queue (M/M/c when arrivals are
//! Poisson).
//!
//! Each worker is a thread that sleeps, because threads sleep with some 50 µs of error and the runtime's
//! timer with up to a millisecond: capacity is c / mean, and that number has to be right. Start with
//! [`CapacityQueue::serve`].

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::settings::exponential;

/// The queue in front of the workers. They end when it is dropped and empty.
pub(super) struct CapacityQueue {
    requests: Sender<oneshot::Sender<()>>,
}

impl CapacityQueue {
    pub(super) fn start(workers: usize, mean_service_ms: f64) -> Self {
        let (requests, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..workers {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || work(&queue, mean_service_ms));
        }
        Self { requests }
    }

    /// Waits for a worker and then for the service to be over.
    pub(super) async fn serve(&self) {
        let (done, served) = oneshot::channel();
        if self.requests.send(done).is_ok() {
            // An error would mean that the worker is gone, and then nobody needs to wait.
            let _ = served.await;
        }
    }
}

fn work(queue: &Mutex<Receiver<oneshot::Sender<()>>>, mean_service_ms: f64) {
    let mut overslept = Duration::ZERO;
    loop {
        let request = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(done) = request else { return };
        // A client that gave up while it waited is not served.
        if !done.is_closed() {
            let service = Duration::from_secs_f64(exponential(mean_service_ms) / 1000.0);
            overslept = sleep(service, overslept);
            let _ = done.send(());
        }
    }
}

/// Sleeps for `service`, less what earlier sleeps took too long; says by how much this one did.
///
/// Each single service is a little off, their mean is not.
fn sleep(service: Duration, overslept: Duration) -> Duration {
    let started_at = Instant::now();
    std::thread::sleep(service.saturating_sub(overslept));
    (started_at.elapsed() + overslept).saturating_sub(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn throughput_is_workers_over_mean() {
        let queue = CapacityQueue::start(4, 2.0);
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
