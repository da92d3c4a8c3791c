//! How late a worker comes to its own events: a timer beats, and its lateness is recorded.
//!
//! Whatever keeps a worker from its events shows here, with requests or without: no CPU, a pause of the whole
//! process, a script that computes. Beats have fixed places in time, and those that pass during a delay count
//! with what was left of it, so the distribution is one over *time*: half a second of standstill weighs half
//! a second.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use plimsoll_metrics::{MetricKind, Sink, Timestamp, Trend};
use tokio::time::Instant;

use crate::{
    interrupt::Interrupt,
    pacer::{Pacer, Timers},
};

/// How long a worker goes without looking at its timer. A hundred a second cost next to nothing.
const BEAT: Duration = Duration::from_millis(10);
/// So many beats go to what all workers share at once.
const BEATS_AT_ONCE: u64 = 10;

/// How late the workers of a run came to their events, in milliseconds. Clones share it.
///
/// Runs on paused time have no delays, and none are recorded.
#[derive(Debug, Clone, Default)]
pub struct LoopDelays(Arc<Mutex<Trend>>);

impl LoopDelays {
    /// All delays so far.
    pub fn read(&self) -> Trend {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn merge(&self, beats: &Sink) {
        if let Sink::Trend(beats) = beats {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).merge(beats);
        }
    }
}

/// Beats on one worker until it is dropped, which may be at any time.
pub(crate) async fn beat(timers: Timers, delays: LoopDelays) -> Infallible {
    let (pacer, never) = (Pacer::new(timers), Interrupt::new());
    let mut due_at = Instant::now() + BEAT;
    let mut beats = Sink::new(MetricKind::Trend);
    loop {
        pacer.reaches(due_at, &never).await;
        let now = Instant::now();
        while due_at <= now {
            let late = now.duration_since(due_at);
            beats.record(late.as_nanos() as f64 / 1e6, Timestamp::default());
            due_at += BEAT;
        }
        if beats.count() >= BEATS_AT_ONCE {
            delays.merge(&beats);
            beats.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_standstill_weighs_as_much_as_it_lasts() {
        let delays = LoopDelays::default();
        let stand_still = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            std::thread::sleep(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        tokio::select! {
            never = beat(Timers::Kernel, delays.clone()) => match never {},
            () = stand_still => {}
        }
        let seen = delays.read();
        assert!((75..=100).contains(&seen.count()), "about a second, {} beats", seen.count());
        assert!((400.0..2_000.0).contains(&seen.max()), "{}", seen.max());
        // Half of the time was spent standing still; its beats are evenly late, from 0.5 s down.
        let late = seen.count() - seen.count_at_most(50.0);
        assert!((40..=60).contains(&late), "{late}");
    }
}
