//! How much CPU the process may use: its affinity, and the quota of its control group, of either version.

use std::path::{Path, PathBuf};

/// What a control group says of its quota.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Quota {
    /// CPUs' worth of time; `None` without a limit.
    cpus: Option<f64>,
    /// Periods so far in which the group wanted to run.
    pub(super) periods: u64,
    /// Those of them in which it was stopped.
    pub(super) throttled: u64,
}

/// The CPUs of this process.
pub(super) struct Cpus {
    /// The process's control group and those around it, inside first. They seldom change.
    groups: Vec<PathBuf>,
}

impl Default for Cpus {
    fn default() -> Self {
        let memberships = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self { groups: folders(&memberships, Path::new("/sys/fs/cgroup")) }
    }
}

impl Cpus {
    /// How many CPUs the process may use at the same time, on average.
    pub(super) fn allowed(&self) -> f64 {
        self.quota().cpus.map_or_else(affinity, |quota| quota.min(affinity()))
    }

    /// The narrowest of the quotas that the process is under.
    pub(super) fn quota(&self) -> Quota {
        let limited = self.groups.iter().map(|group| read(group)).filter(|quota| quota.cpus.is_some());
        let cpus = |quota: &Quota| quota.cpus.unwrap_or(f64::INFINITY);
        limited.min_by(|a, b| cpus(a).total_cmp(&cpus(b))).unwrap_or_default()
    }
}

#[cfg(target_os = "linux")]
fn affinity() -> f64 {
    match rustix::thread::sched_getaffinity(None) {
        Ok(cpus) => f64::from(cpus.count()),
        Err(_) => parallelism(),
    }
}

#[cfg(not(target_os = "linux"))]
fn affinity() -> f64 {
    parallelism()
}

fn parallelism() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cpus| cpus.get() as f64)
}

/// The folders of the groups that may limit CPU time. A container sees the whole tree at times, and its own
/// group as the root at others, so that the path may be missing: then the root is all there is.
fn folders(memberships: &str, mount: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in memberships.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let roots = match controllers {
            "" => vec![mount.to_owned(), mount.join("unified")],
            _ if controllers.split(',').any(|name| name == "cpu") => {
                vec![mount.join(controllers), mount.join("cpu")]
            }
            _ => continue,
        };
        let Some(root) = roots.into_iter().find(|root| root.join("cgroup.procs").exists()) else { continue };
        let own = root.join(path.trim_start_matches('/'));
        folders.extend(own.ancestors().take_while(|folder| folder.starts_with(&root)).map(Path::to_owned));
    }
    folders
}

fn read(group: &Path) -> Quota {
    let text = |name: &str| std::fs::read_to_string(group.join(name)).ok();
    let cpus = match text("cpu.max") {
        Some(max) => newer_limit(&max),
        None => older_limit(text("cpu.cfs_quota_us"), text("cpu.cfs_period_us")),
    };
    let stat = text("cpu.stat").unwrap_or_default();
    Quota { cpus, periods: field(&stat, "nr_periods"), throttled: field(&stat, "nr_throttled") }
}

/// `20000 100000`, or `max 100000` without a limit.
fn newer_limit(max: &str) -> Option<f64> {
    let (quota, period) = max.trim().split_once(' ')?;
    Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

/// A quota of -1 is none.
fn older_limit(quota: Option<String>, period: Option<String>) -> Option<f64> {
    let quota: f64 = quota?.trim().parse().ok()?;
    let period: f64 = period?.trim().parse().ok()?;
    (quota > 0.0).then_some(quota / period)
}

fn field(stat: &str, name: &str) -> u64 {
    let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
    stat.lines().find_map(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_both_versions() {
        assert_eq!(newer_limit("20000 100000\n"), Some(0.2));
        assert_eq!(newer_limit("max 100000\n"), None);
        let older = |quota: &str| older_limit(Some(quota.to_owned()), Some("100000\n".to_owned()));
        assert_eq!((older("150000\n"), older("-1\n")), (Some(1.5), None));
        let stat = "nr_periods 12\nnr_throttled 3\nthrottled_time 99\n";
        assert_eq!((field(stat, "nr_periods"), field(stat, "nr_throttled"), field(stat, "x")), (12, 3, 0));
    }

    #[test]
    fn the_narrowest_group_counts() {
        let mount = tempfile::tempdir().expect("a folder");
        let inner = mount.path().join("pod/container");
        std::fs::create_dir_all(&inner).expect("a folder");
        for (folder, max) in [("", "max 100000"), ("pod", "50000 100000"), ("pod/container", "200000 100000")]
        {
            let folder = mount.path().join(folder);
            std::fs::write(folder.join("cgroup.procs"), "").expect("a file");
            std::fs::write(folder.join("cpu.max"), max).expect("a file");
            std::fs::write(folder.join("cpu.stat"), "nr_periods 9\nnr_throttled 4\n").expect("a file");
        }
        let cpus = Cpus { groups: folders("0::/pod/container\n", mount.path()) };
        assert_eq!(cpus.groups.len(), 3);
        assert_eq!(cpus.quota(), Quota { cpus: Some(0.5), periods: 9, throttled: 4 });
        let elsewhere = Cpus { groups: folders("3:memory:/x\n0::/not/here\n", mount.path()) };
        assert_eq!(elsewhere.quota(), Quota::default(), "a group that is not there limits nothing");
    }
}
