//! Takes CPU away from a process without asking for more rights than there are: by a quota of a control group
//! where one can be made, else by stopping it for most of each tenth of a second.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

/// As long as the kernel's own periods of a quota.
const PERIOD: Duration = Duration::from_millis(100);

/// How a process is slowed down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Means {
    /// A quota where that is possible, else signals
    Auto,
    /// The quota of a control group
    Quota,
    /// SIGSTOP and SIGCONT in turn
    Signals,
}

/// A share of one core, and how it is enforced.
pub(crate) enum Limiter {
    Quota(Group),
    Signals(f64),
}

/// A control group with a quota. It is removed when this is dropped, the process being gone by then.
pub(crate) struct Group(PathBuf);

impl Limiter {
    pub(crate) fn new(means: Means, share: f64) -> Result<Self> {
        match (means, Group::make(share)) {
            (Means::Signals, _) => Ok(Self::Signals(share)),
            (_, Ok(group)) => Ok(Self::Quota(group)),
            (Means::Auto, Err(_)) => Ok(Self::Signals(share)),
            (Means::Quota, Err(error)) => Err(error.context("no control group can be made here")),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Quota(_) => "the quota of a control group",
            Self::Signals(_) => "SIGSTOP and SIGCONT",
        }
    }

    /// Holds a process down until it has ended.
    pub(crate) async fn hold(&self, process: Pid) -> Result<()> {
        match self {
            Self::Quota(group) => group.take(process),
            Self::Signals(share) => {
                let on = PERIOD.mul_f64(*share);
                loop {
                    sleep(on).await;
                    if kill_process(process, Signal::STOP).is_err() {
                        return Ok(());
                    }
                    sleep(PERIOD - on).await;
                    if kill_process(process, Signal::CONT).is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

impl Group {
    /// Makes one in the root of either version of control groups.
    fn make(share: f64) -> Result<Self> {
        // Several processes may be held down at a time.
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let period = PERIOD.as_micros();
        let quota = (PERIOD.as_micros() as f64 * share) as u64;
        for (root, file, limit) in [
            ("/sys/fs/cgroup", "cpu.max", format!("{quota} {period}")),
            ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", quota.to_string()),
        ] {
            let folder = Path::new(root).join(format!("plimsoll-bench-{}-{number}", std::process::id()));
            if std::fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = Self(folder);
            if group.0.join(file).exists() && std::fs::write(group.0.join(file), &limit).is_ok() {
                return Ok(group);
            }
        }
        bail!("control groups cannot be written")
    }

    fn take(&self, process: Pid) -> Result<()> {
        let file = self.0.join("cgroup.procs");
        let number = process.as_raw_pid().to_string();
        std::fs::write(&file, number).with_context(|| file.display().to_string())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Processes that were in it are gone; otherwise it stays, empty in a moment and harmless.
        let _ = std::fs::remove_dir(&self.0);
    }
}
