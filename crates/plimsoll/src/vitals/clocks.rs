//! The system's clocks, read at the same moment.

/// What the clocks say, in seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clocks {
    /// Stands still while the machine is suspended, and is never set.
    pub(super) monotonic: f64,
    /// Goes on while the machine is suspended.
    with_suspension: f64,
    /// The time of day.
    wall: f64,
    /// CPU time of this process.
    pub(super) cpu: f64,
}

/// Differences below are the time that reading takes, and a clock that is slewed rather than set.
const NOISE: f64 = 0.01;

impl Clocks {
    pub(super) fn suspended_since(&self, earlier: &Self) -> f64 {
        above_noise((self.with_suspension - earlier.with_suspension) - (self.monotonic - earlier.monotonic))
    }

    pub(super) fn stepped_since(&self, earlier: &Self) -> f64 {
        above_noise(((self.wall - earlier.wall) - (self.with_suspension - earlier.with_suspension)).abs())
    }
}

fn above_noise(seconds: f64) -> f64 {
    if seconds > NOISE { seconds } else { 0.0 }
}

/// Reads all clocks. A process that loses its CPU between two of them reads again.
#[cfg(unix)]
pub(super) fn read() -> Clocks {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(target_os = "linux")]
    const WITH_SUSPENSION: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const WITH_SUSPENSION: ClockId = ClockId::Monotonic;
    let seconds = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let readings = (0..5).map(|_| {
        let monotonic = seconds(ClockId::Monotonic);
        let with_suspension = seconds(WITH_SUSPENSION);
        let wall = seconds(ClockId::Realtime);
        let took = seconds(ClockId::Monotonic) - monotonic;
        (took, Clocks { monotonic, with_suspension, wall, cpu: seconds(ClockId::ProcessCPUTime) })
    });
    readings.min_by(|a, b| a.0.total_cmp(&b.0)).expect("five readings").1
}

/// Elsewhere only the passing of time is known.
#[cfg(not(unix))]
pub(super) fn read() -> Clocks {
    use std::time::{SystemTime, UNIX_EPOCH};
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    Clocks { monotonic: wall, with_suspension: wall, wall, cpu: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: Clocks = Clocks { monotonic: 100.0, with_suspension: 150.0, wall: 1e9, cpu: 1.0 };

    fn after(monotonic: f64, with_suspension: f64, wall: f64) -> Clocks {
        Clocks {
            monotonic: EARLIER.monotonic + monotonic,
            with_suspension: EARLIER.with_suspension + with_suspension,
            wall: EARLIER.wall + wall,
            cpu: 1.0,
        }
    }

    #[test]
    fn a_suspension_is_no_step_and_a_step_no_suspension() {
        for (later, suspended, stepped) in [
            (after(1.0, 1.0, 1.0), 0.0, 0.0),
            (after(1.0, 61.0, 61.0), 60.0, 0.0),
            (after(1.0, 1.0, 4.0), 0.0, 3.0),
            (after(1.0, 1.0, -9.0), 0.0, 10.0),
            (after(1.0, 1.000_2, 1.000_7), 0.0, 0.0),
        ] {
            assert!((later.suspended_since(&EARLIER) - suspended).abs() < 1e-6, "{later:?}");
            assert!((later.stepped_since(&EARLIER) - stepped).abs() < 1e-6, "{later:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn clocks_go_on() {
        let (first, second) = (read(), read());
        assert!(second.monotonic > first.monotonic && second.cpu >= first.cpu);
        assert_eq!(second.suspended_since(&first), 0.0);
    }
}
