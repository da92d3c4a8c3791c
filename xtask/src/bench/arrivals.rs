//! What the measurements of arrival rates have in common: the script `arrivals.js`, and one run of it.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::generator::{Generator, script};
use super::summary::Summary;
use super::target::{Ledger, Target};
use crate::workspace::Workspace;

/// How much longer than asked for a generator may take: starting, stopping, summing up.
const PATIENCE: Duration = Duration::from_secs(60);

/// One constant arrival rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrivals {
    /// Iterations per second.
    pub(crate) rate: u32,
    pub(crate) seconds: u32,
    pub(crate) pre_allocated_vus: u32,
    pub(crate) max_vus: u32,
}

/// What came of it.
pub(crate) struct Ran {
    pub(crate) summary: Summary,
    pub(crate) ledger: Ledger,
    /// Time on a core that the generator took, over the time of the load.
    pub(crate) cpu: f64,
}

impl Arrivals {
    /// Applies the load from `core`, or from all cores, while something happens to the target.
    pub(crate) async fn apply(
        &self,
        workspace: &Workspace,
        generator: &Generator,
        target: &Target,
        core: Option<usize>,
        meanwhile: impl Future<Output = Result<()>>,
    ) -> Result<Ran> {
        let mut command = generator.script(&script(workspace, "arrivals.js"), &target.url());
        command.env("RATE", self.rate.to_string()).env("DURATION", format!("{}s", self.seconds));
        command.env("VUS", self.pre_allocated_vus.to_string()).env("MAX_VUS", self.max_vus.to_string());
        let limit = Duration::from_secs(self.seconds.into()) + PATIENCE;
        target.take_ledger().await?;
        let before = cpu_of_children()?;
        let (summary, ()) = tokio::try_join!(generator.run(&mut command, core, limit), meanwhile)?;
        let cpu = (cpu_of_children()? - before).as_secs_f64() / f64::from(self.seconds);
        Ok(Ran { summary: Summary(summary), ledger: target.take_ledger().await?, cpu })
    }
}

impl Ran {
    /// Iterations that were never started; the summary is silent when there were none.
    pub(crate) fn dropped(&self) -> f64 {
        self.summary.value("dropped_iterations").unwrap_or(0.0)
    }

    /// The 99th percentile of a trend that must be there.
    pub(crate) fn p99_ms(&self, metric: &str) -> Result<f64> {
        let figure = self.summary.trend_ms(metric, "p(99)");
        figure.with_context(|| format!("no p(99) of {metric} in:\n{}", self.summary.0))
    }
}

/// User and system time of all children that have been waited for.
fn cpu_of_children() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    let ticks = ticks_of_children(&stat).with_context(|| format!("not a process's state: {stat}"))?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// The fields `cutime` and `cstime`. The second field is a name in brackets that may contain blanks.
fn ticks_of_children(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_is_found_behind_any_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 100 200 0 0 11 12 130 14 20 0 1 0 5 6 7";
        assert_eq!(ticks_of_children(stat), Some(144));
        assert_eq!(ticks_of_children("nothing"), None);
        assert!(cpu_of_children().is_ok());
    }
}
