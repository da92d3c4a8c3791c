//! A server that does not get up again by itself: once its queue is long, impatient callers ask again, and
//! the work of their repetitions keeps the queue long.
//!
//! A metastable failure (Bronson et al., "Metastable Failures in Distributed Systems", HotOS '21), reduced to
//! one rule: a request that had to wait for longer than its caller's patience costs 1 + amplification
//! services instead of one. Below that it is an M/M/c server with the capacity workers / mean. Above, its
//! capacity is that divided by 1 + amplification, until load falls below *that* and the queue has drained.
//!
//! The queue is a schedule and not a list: who comes when knows at once which worker will be free first, and
//! when. So nothing depends on the exactness of timers but the moment of the answer, and tests can run it
//! through hours. Start with [`RetryStorm::serve`].

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::settings::{MAX_MS, SettingsError, count, exponential, time};

/// A metastable server, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetryStormFault {
    /// Requests that are served at the same time.
    pub workers: usize,
    /// How long serving one takes on average.
    pub mean_service_ms: f64,
    /// A request that waited for longer than this is asked again.
    pub patience_ms: f64,
    /// How much work the repetitions of such a request are, in services.
    pub amplification: f64,
    /// A request that would wait for longer than this is refused with 503; five times the patience unless
    /// given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_ms: Option<f64>,
}

/// The largest amplification that makes sense: more than a thousand retries of each request do not.
const MAX_AMPLIFICATION: f64 = 1000.0;
const PATIENCES_IN_QUEUE: f64 = 5.0;

/// The queue is full.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

/// The server.
pub(super) struct RetryStorm {
    mean_service_ms: f64,
    patience: Duration,
    amplification: f64,
    longest_wait: Duration,
    /// When each worker will have done what it has to do.
    free_at: Mutex<Vec<Instant>>,
}

impl RetryStormFault {
    pub(super) fn start(self) -> Result<RetryStorm, SettingsError> {
        let longest_wait_ms = self.queue_ms.unwrap_or((self.patience_ms * PATIENCES_IN_QUEUE).min(MAX_MS));
        if !(0.0..=MAX_AMPLIFICATION).contains(&self.amplification) {
            return Err(SettingsError::Amplification(self.amplification));
        }
        if time(longest_wait_ms)? <= time(self.patience_ms)? {
            return Err(SettingsError::Queue { queue: longest_wait_ms, patience: self.patience_ms });
        }
        Ok(RetryStorm {
            mean_service_ms: time(self.mean_service_ms)?,
            patience: millis(self.patience_ms),
            amplification: self.amplification,
            longest_wait: millis(longest_wait_ms),
            free_at: Mutex::new(vec![Instant::now(); count("workers", self.workers)?]),
        })
    }
}

fn millis(ms: f64) -> Duration {
    Duration::from_secs_f64(ms / 1000.0)
}

impl RetryStorm {
    /// Waits for a worker and then for the service to be over.
    ///
    /// Workers do not learn that a client has gone away: what is scheduled is done.
    pub(super) async fn serve(&self) -> Result<(), Refused> {
        let done_at = self.schedule(Instant::now())?;
        tokio::time::sleep_until(done_at).await;
        Ok(())
    }

    /// Gives a request that comes now to the worker that is free first; says when it will be answered.
    fn schedule(&self, now: Instant) -> Result<Instant, Refused> {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let first = free_at.iter_mut().min().expect("there is at least one worker");
        let starts_at = now.max(*first);
        let waits = starts_at - now;
        if waits > self.longest_wait {
            return Err(Refused);
        }
        let service = millis(exponential(self.mean_service_ms));
        let answered_at = starts_at + service;
        let is_repeated = waits > self.patience;
        let repetitions = if is_repeated { service.mul_f64(self.amplification) } else { Duration::ZERO };
        *first = answered_at + repetitions;
        Ok(answered_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Capacity 400/s, and 133/s while the storm lasts.
    const FAULT: RetryStormFault = RetryStormFault {
        workers: 4,
        mean_service_ms: 10.0,
        patience_ms: 250.0,
        amplification: 2.0,
        queue_ms: None,
    };

    /// A server and the time there, which goes on only with the arrivals.
    struct Simulation {
        server: RetryStorm,
        now: Instant,
    }

    impl Simulation {
        fn new(fault: RetryStormFault) -> Self {
            Self { server: fault.start().expect("a valid fault"), now: Instant::now() }
        }

        /// Poisson arrivals for some time; the share of them that was answered within a patience.
        fn good(&mut self, rate: f64, seconds: u64) -> f64 {
            let until = self.now + Duration::from_secs(seconds);
            let (mut good, mut all) = (0.0, 0.0);
            while self.now < until {
                self.now += millis(exponential(1000.0 / rate));
                let answer = self.server.schedule(self.now);
                all += 1.0;
                good += f64::from(answer.is_ok_and(|at| at - self.now <= self.server.patience));
            }
            good / all
        }
    }

    #[test]
    fn what_was_held_on_the_way_up_is_not_held_after_an_overload() {
        let mut storm = Simulation::new(FAULT);
        assert!(storm.good(320.0, 600) > 0.999, "80 % of the capacity, on the way up");
        assert!(storm.good(500.0, 30) < 0.6, "overload");
        for _ in 0..6 {
            assert!(storm.good(320.0, 600) < 0.01, "the same 80 % for another hour");
        }
        assert!(storm.good(160.0, 600) < 0.01, "half of that is still more than 133/s");
        storm.good(80.0, 10); // The queue of 1.25 s drains at (1 − 80/133) s per second until it is 250 ms.
        assert!(storm.good(80.0, 600) > 0.999, "the storm is over");
        assert!(storm.good(320.0, 600) > 0.999, "and the former load is held again");
    }

    #[test]
    fn without_repetitions_an_overload_leaves_nothing_behind() {
        let mut plain = Simulation::new(RetryStormFault { amplification: 0.0, ..FAULT });
        assert!(plain.good(320.0, 600) > 0.999);
        assert!(plain.good(500.0, 30) < 0.6);
        plain.good(320.0, 20); // The queue drains at (1 − 320/400) s per second.
        assert!(plain.good(320.0, 600) > 0.999, "the same load is held again at once");
    }

    #[test]
    fn capacity_is_that_of_the_workers_and_in_a_storm_a_known_part_of_it() {
        let answered = |amplification: f64| {
            let mut overloaded = Simulation::new(RetryStormFault { amplification, ..FAULT });
            overloaded.good(800.0, 20);
            let (until, mut answered) = (overloaded.now + Duration::from_secs(300), 0);
            while overloaded.now < until {
                overloaded.now += millis(exponential(1000.0 / 800.0));
                answered += u32::from(overloaded.server.schedule(overloaded.now).is_ok());
            }
            f64::from(answered) / 300.0
        };
        // Five standard deviations of 120,000 services are 1.5 %, those of 40,000 are 2.5 %.
        let (calm, stormy) = (answered(0.0), answered(2.0));
        assert!((394.0..406.0).contains(&calm), "{calm}");
        assert!((130.0..137.0).contains(&stormy), "{stormy}");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_wait_as_scheduled_and_a_full_queue_refuses_at_once() {
        let fault = RetryStormFault { workers: 1, amplification: 0.0, ..FAULT };
        let server = fault.start().expect("a valid fault");
        let mut refused = 0;
        let (mut answers, started_at) = (Vec::new(), Instant::now());
        for _ in 0..1000 {
            match server.schedule(started_at) {
                Ok(at) => answers.push(at - started_at),
                Err(Refused) => refused += 1,
            }
        }
        assert!(answers.is_sorted(), "first come, first served");
        // The queue holds 1,250 ms of work: 125 requests, five standard deviations are 56.
        assert!((69..=181).contains(&answers.len()) && refused > 0, "{} and {refused}", answers.len());
        assert_eq!(server.serve().await, Err(Refused));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let again = Instant::now();
        assert_eq!(server.serve().await, Ok(()));
        assert!(again.elapsed() < Duration::from_secs(1), "{:?}", again.elapsed());
    }

    #[test]
    fn nonsense_is_refused() {
        let refusal = |fault: RetryStormFault| fault.start().err().expect("nonsense");
        let amplification = refusal(RetryStormFault { amplification: -1.0, ..FAULT });
        assert_eq!(amplification, SettingsError::Amplification(-1.0));
        let queue = refusal(RetryStormFault { queue_ms: Some(250.0), ..FAULT });
        assert_eq!(queue, SettingsError::Queue { queue: 250.0, patience: 250.0 });
        let workers = refusal(RetryStormFault { workers: 0, ..FAULT });
        assert_eq!(workers, SettingsError::Count { what: "workers", given: 0 });
        let time = refusal(RetryStormFault { mean_service_ms: -1.0, ..FAULT });
        assert_eq!(time, SettingsError::Time(-1.0));
    }
}
