//! Who runs where: the target on one core, the generator on another, so that neither takes time from the
//! other.

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::say::say;

/// The two cores of a measurement; the same one twice where there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cores {
    pub(crate) target: usize,
    pub(crate) generator: usize,
}

impl Cores {
    /// Takes the first two cores that we may use, and says so when there is only one.
    pub(crate) fn pick() -> Result<Self> {
        let allowed = sched_getaffinity(None).context("failed to ask for the cores of this process")?;
        let cores = Self::of(&allowed).context("this process may run on no core")?;
        if cores.target == cores.generator {
            say!(progress "only one core: target and generator share it, and the figures are not comparable");
        }
        Ok(cores)
    }

    fn of(allowed: &CpuSet) -> Option<Self> {
        let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        let target = cores.next()?;
        Some(Self { target, generator: cores.next().unwrap_or(target) })
    }
}

/// Runs `start` on one core alone. What it starts stays there: children inherit the restriction.
pub(crate) fn pinned<T>(core: usize, start: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = move_to(core)?;
    let started = start();
    move_back(&before)?;
    started
}

/// Like [`pinned`], for what takes its time. Whatever else this thread starts meanwhile stays there, too.
pub(crate) async fn pinned_until<T>(core: usize, starting: impl Future<Output = Result<T>>) -> Result<T> {
    let before = move_to(core)?;
    let started = starting.await;
    move_back(&before)?;
    started
}

fn move_to(core: usize) -> Result<CpuSet> {
    let before = sched_getaffinity(None).context("failed to ask for the cores of this process")?;
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| format!("failed to move to core {core}"))?;
    Ok(before)
}

fn move_back(before: &CpuSet) -> Result<()> {
    sched_setaffinity(None, before).context("failed to leave the core again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cores: &[usize]) -> CpuSet {
        let mut set = CpuSet::new();
        cores.iter().for_each(|&core| set.set(core));
        set
    }

    #[test]
    fn the_first_two_cores_are_taken() {
        assert_eq!(Cores::of(&set(&[2, 5, 7])), Some(Cores { target: 2, generator: 5 }));
        assert_eq!(Cores::of(&set(&[3])), Some(Cores { target: 3, generator: 3 }));
        assert_eq!(Cores::of(&set(&[])), None);
    }

    #[test]
    fn a_pinned_child_sees_one_core() {
        let core = Cores::pick().expect("a core").generator;
        let status =
            pinned(core, || Ok(std::fs::read_to_string("/proc/thread-self/status")?)).expect("pinned");
        let allowed =
            status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("listed");
        assert_eq!(allowed.trim(), core.to_string());
    }
}
