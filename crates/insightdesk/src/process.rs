//! What this process costs the machine: processor time, memory, open files.
//!
//! Processor time is known on every Unix, the rest on Linux. Start with [`Reading::take`].

use std::time::Duration;

/// The numbers of one moment; `None` where the system does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub cpu_time: Duration,
    pub resident_bytes: Option<u64>,
    pub virtual_bytes: Option<u64>,
    pub open_files: Option<u64>,
    pub max_files: Option<u64>,
    pub threads: Option<u64>,
}

impl Reading {
    /// Asks the system. Counting open files takes some milliseconds when there are ten thousand.
    pub(crate) fn take() -> Self {
        let (virtual_bytes, resident_bytes) = memory().unzip();
        Self {
            cpu_time: cpu_time(),
            resident_bytes,
            virtual_bytes,
            open_files: entries("/proc/self/fd"),
            max_files: max_files(),
            threads: entries("/proc/self/task"),
        }
    }
}

/// The processor time of all threads so far.
#[cfg(unix)]
pub(crate) fn cpu_time() -> Duration {
    clock(rustix::time::ClockId::ProcessCPUTime)
}

/// The processor time of this thread so far.
#[cfg(unix)]
pub(crate) fn thread_cpu_time() -> Duration {
    clock(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(unix)]
fn clock(id: rustix::time::ClockId) -> Duration {
    rustix::time::clock_gettime(id).try_into().unwrap_or_default()
}

#[cfg(unix)]
fn max_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// The size in memory, as addresses and as pages that are there.
#[cfg(unix)]
fn memory() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    let mut pages = text.split(' ').map_while(|number| number.parse::<u64>().ok());
    Some((pages.next()? * page, pages.next()? * page))
}

fn entries(folder: &str) -> Option<u64> {
    let count = std::fs::read_dir(folder).ok()?.count();
    u64::try_from(count).ok()
}

/// Without a clock for it, time that passes has to do.
#[cfg(not(unix))]
pub(crate) fn thread_cpu_time() -> Duration {
    cpu_time()
}

/// Without a clock for it, time that passes has to do.
#[cfg(not(unix))]
pub(crate) fn cpu_time() -> Duration {
    static START: std::sync::LazyLock<tokio::time::Instant> =
        std::sync::LazyLock::new(tokio::time::Instant::now);
    START.elapsed()
}

#[cfg(not(unix))]
fn max_files() -> Option<u64> {
    None
}

#[cfg(not(unix))]
fn memory() -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_this_process() {
        let before = Reading::take();
        let files: Vec<_> = (0..10).map(|_| tempfile::tempfile().expect("a file")).collect();
        let memory = vec![1_u8; 64 << 20];
        let after = Reading::take();
        assert!(after.cpu_time > before.cpu_time, "{before:?} {after:?}");
        // Other tests of this process open and close files meanwhile.
        assert!(after.open_files.is_some_and(|count| count >= 10), "{after:?}");
        assert!(after.resident_bytes >= Some(64 << 20), "{after:?}");
        assert!(after.virtual_bytes > after.resident_bytes && after.threads >= Some(1), "{after:?}");
        assert!(after.max_files >= after.open_files);
        drop((files, memory));
    }
}
