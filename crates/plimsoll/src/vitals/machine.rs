//! One reading of everything that the system tells, and the difference of two.

use plimsoll_report::Vitals;

use super::clocks::{self, Clocks};
use super::cpus::{Cpus, Quota};
use super::workers::Workers;

/// Reads the system. Remembers what does not change.
#[derive(Default)]
pub(super) struct Machine {
    cpus: Cpus,
    workers: Workers,
}

/// What was read at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    clocks: Clocks,
    /// CPUs that the process may use.
    cpus: f64,
    /// How long workers have waited and lived, up to now.
    workers: (f64, f64),
    machine: MachineTime,
    quota: Quota,
    descriptors: (u64, u64),
}

/// CPU time of the whole machine, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct MachineTime {
    stolen: f64,
    all: f64,
}

impl Machine {
    pub(super) fn read(&mut self) -> Reading {
        let clocks = clocks::read();
        Reading {
            clocks,
            cpus: self.cpus.allowed(),
            workers: self.workers.read(clocks.monotonic),
            machine: machine_time(),
            quota: self.cpus.quota(),
            descriptors: (open_descriptors(), descriptor_limit()),
        }
    }
}

impl Reading {
    /// What has happened since an earlier reading; the loop delay and the share of exhausted time excepted.
    pub(super) fn since(&self, earlier: &Self) -> Vitals {
        let elapsed = self.clocks.monotonic - earlier.clocks.monotonic;
        let gain = |now: f64, then: f64| (now - then).max(0.0);
        Vitals {
            elapsed,
            cpu_used: gain(self.clocks.cpu, earlier.clocks.cpu),
            cpu_allowed: elapsed * earlier.cpus,
            workers_waited: gain(self.workers.0, earlier.workers.0),
            workers_lived: gain(self.workers.1, earlier.workers.1),
            stolen: gain(self.machine.stolen, earlier.machine.stolen),
            machine_cpu: gain(self.machine.all, earlier.machine.all),
            quota_periods: self.quota.periods.saturating_sub(earlier.quota.periods),
            throttled_periods: self.quota.throttled.saturating_sub(earlier.quota.throttled),
            suspended: self.clocks.suspended_since(&earlier.clocks),
            clock_stepped: self.clocks.stepped_since(&earlier.clocks),
            descriptors: self.descriptors.0,
            descriptor_limit: self.descriptors.1,
            ..Vitals::default()
        }
    }
}

fn open_descriptors() -> u64 {
    let folder = "/proc/self/fd";
    // Newer kernels say the number as the folder's size, which spares counting tens of thousands.
    match std::fs::metadata(folder).map(|folder| folder.len()) {
        Ok(0) => std::fs::read_dir(folder).map_or(0, |entries| entries.count() as u64),
        Ok(number) => number,
        Err(_) => 0,
    }
}

#[cfg(unix)]
fn descriptor_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(0)
}

#[cfg(not(unix))]
fn descriptor_limit() -> u64 {
    0
}

fn machine_time() -> MachineTime {
    std::fs::read_to_string("/proc/stat").ok().as_deref().and_then(parse_machine_time).unwrap_or_default()
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a
/// second. Guests, which follow, are part of user.
fn parse_machine_time(stat: &str) -> Option<MachineTime> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
    let ticks: Vec<f64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let stolen = ticks.get(7)? / TICKS_PER_SECOND;
    Some(MachineTime { stolen, all: ticks.iter().sum::<f64>() / TICKS_PER_SECOND })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_time_is_that_of_all_processors() {
        let time = parse_machine_time("cpu  100 20 30 40 5 6 7 92 1000 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n");
        let time = time.expect("well-formed");
        assert_eq!((time.stolen, time.all), (0.92, 3.0));
        assert!(parse_machine_time("cpu 1 2").is_none());
        assert!(parse_machine_time("").is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_what_it_uses() {
        let mut machine = Machine::default();
        let before = machine.read();
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < std::time::Duration::from_millis(300) {
            std::hint::black_box(0);
        }
        let gained = machine.read().since(&before);
        assert!(gained.elapsed >= 0.3, "{gained:?}");
        assert!(gained.cpu_used > 0.01 && gained.cpu_used <= gained.elapsed * 64.0, "{gained:?}");
        assert!(gained.cpu_allowed > 0.0 && gained.suspended < 0.01, "{gained:?}");
        assert!(gained.descriptors >= 3 && gained.descriptor_limit > gained.descriptors, "{gained:?}");
    }
}
