//! Waiting for an instant more exactly than tokio does.
//!
//! Tokio's timers have ticks of a millisecond and are half a millisecond to two late. On Linux a pacer has a
//! kernel timer of its own instead (a timerfd), set to absolute deadlines. Elsewhere, on paused time, and
//! when the process has no file descriptor left, it falls back to tokio's timers: iterations then start late,
//! and their lateness says so.

use tokio::time::Instant;

use crate::{cut_off::reaches, interrupt::Interrupt};

/// Which timers a worker uses to start iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timers {
    /// Tokio's own, which follow paused time.
    Tokio,
    /// The kernel's, where there are some.
    Kernel,
}

/// Waits for one instant after the other.
pub(crate) enum Pacer {
    Tokio,
    #[cfg(target_os = "linux")]
    Kernel(kernel::Timer),
}

impl Pacer {
    /// Must be called inside a runtime.
    pub(crate) fn new(timers: Timers) -> Self {
        match timers {
            Timers::Tokio => Self::Tokio,
            #[cfg(target_os = "linux")]
            Timers::Kernel => kernel::Timer::new().map_or(Self::Tokio, Self::Kernel),
            #[cfg(not(target_os = "linux"))]
            Timers::Kernel => Self::Tokio,
        }
    }

    /// Waits for an instant; `false` when interrupted before it. Instants of the past take no time.
    pub(crate) async fn reaches(&self, at: Instant, interrupt: &Interrupt) -> bool {
        if at <= Instant::now() {
            return !interrupt.is_raised();
        }
        match self {
            Self::Tokio => reaches(at, interrupt).await,
            #[cfg(target_os = "linux")]
            Self::Kernel(timer) => {
                let works = tokio::select! {
                    biased;
                    () = interrupt.raised() => return false,
                    works = timer.sleep_until(at) => works,
                };
                works || reaches(at, interrupt).await
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
        timerfd_create, timerfd_settime,
    };
    use tokio::{
        io::{Interest, unix::AsyncFd},
        time::Instant,
    };

    /// A timerfd in tokio's event queue.
    pub(crate) struct Timer {
        fd: AsyncFd<OwnedFd>,
        /// The same moment on both clocks, as nearly as it can be read.
        pub(super) origin: (Instant, Duration),
    }

    impl Timer {
        pub(crate) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(
                deprecated,
                reason = "its replacement is unsafe for descriptors that are not owned; this one is"
            )]
            let fd = AsyncFd::with_interest(fd, Interest::READABLE)?;
            Ok(Self { fd, origin: same_moment() })
        }

        /// Sleeps until a future instant; `false` when the timer does not work.
        pub(crate) async fn sleep_until(&self, at: Instant) -> bool {
            let (origin, monotonic) = self.origin;
            let deadline = monotonic + at.saturating_duration_since(origin);
            let once = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value =
                Timespec { tv_sec: deadline.as_secs() as i64, tv_nsec: deadline.subsec_nanos().into() };
            let setting = Itimerspec { it_interval: once, it_value: value };
            // What makes the descriptor readable may be an older setting, or a timer that is early because
            // the two clocks were not read at the same moment. It fires once, so it must be set each time.
            while Instant::now() < at {
                // Setting the timer again takes its expirations back, so that they need not be read.
                if timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &setting).is_err() {
                    return false;
                }
                match self.fd.readable().await {
                    Ok(mut ready) => ready.clear_ready(),
                    Err(_) => return false,
                }
            }
            true
        }
    }

    /// Reads both clocks a few times and takes the reading that was disturbed least.
    fn same_moment() -> (Instant, Duration) {
        let readings = (0..5).map(|_| {
            let before = Instant::now();
            let now = clock_gettime(ClockId::Monotonic);
            let now = Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32);
            (before.elapsed(), (before, now))
        });
        readings.min_by_key(|(apart, _)| *apart).expect("five readings").1
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn kernel_timers_keep_time() {
        let (pacer, interrupt) = (Pacer::new(Timers::Kernel), Interrupt::new());
        let begun = Instant::now();
        let mut lateness = Vec::new();
        for step in 1..=100 {
            let due_at = begun + Duration::from_micros(step * 700);
            assert!(pacer.reaches(due_at, &interrupt).await);
            assert!(Instant::now() >= due_at, "never early");
            lateness.push(due_at.elapsed());
        }
        lateness.sort_unstable();
        // Some 50 µs; the bound leaves room for a loaded machine.
        assert!(lateness[50] < Duration::from_millis(20), "{:?}", lateness[50]);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_timer_that_fires_early_goes_on_waiting() {
        let mut timer = kernel::Timer::new().expect("a file descriptor");
        timer.origin.0 += Duration::from_millis(20);
        let due_at = Instant::now() + Duration::from_millis(50);
        let waited = tokio::time::timeout(Duration::from_secs(20), timer.sleep_until(due_at)).await;
        assert_eq!(waited, Ok(true), "not for ever");
        assert!(Instant::now() >= due_at);
    }

    #[tokio::test]
    async fn an_interrupt_ends_the_wait() {
        let (pacer, interrupt) = (Pacer::new(Timers::Kernel), Interrupt::new());
        let raise = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            interrupt.raise();
        };
        let hour = Instant::now() + Duration::from_secs(3_600);
        let ((), reached) = tokio::join!(raise, pacer.reaches(hour, &interrupt));
        assert!(!reached);
        assert!(!pacer.reaches(Instant::now(), &interrupt).await, "interrupted before it began");
    }
}
