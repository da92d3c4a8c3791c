//! The rules, one row each: what is measured, from where on it makes a measurement suspect or invalid, why,
//! and what to do.
//!
//! Two thoughts are behind the bounds. Whatever touches one in a hundred moments, responses or iterations may
//! have moved a 99th percentile: suspect. Whatever touches one in twenty may have moved the 95th, which is
//! what most thresholds are about: invalid. Causes that show no effect (a busy CPU, a wait for it) are never
//! more than suspect: their effects have rules of their own. `docs/src/validity.md` explains each to users.

use std::borrow::Cow;

use super::observations::{Observations, ms, percent, ratio};
use super::{Blame, Reason, Trust};
use crate::format;

/// From one in a hundred on.
const P99: f64 = 0.01;
/// From one in twenty on.
const P95: f64 = 0.05;
/// Nothing that a rule measures makes a run invalid by itself.
const NEVER: f64 = f64::INFINITY;
/// As soon as there is any.
const ANY: f64 = f64::MIN_POSITIVE;

/// Fewer than this say nothing of the slowest hundredth.
const ENOUGH: u64 = 100;
/// Seconds; a CPU is busy for shorter times on the best of machines.
const LONG_ENOUGH: f64 = 1.0;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, for programs and the guide.
    pub name: &'static str,
    /// What it measures.
    pub measures: &'static str,
    /// From this value on, a measurement is suspect.
    pub suspect: f64,
    /// From this value on, it is invalid.
    pub invalid: f64,
    /// Who is at fault.
    pub blame: Blame,
    /// What that does to the numbers.
    pub why: &'static str,
    /// What to do about it.
    pub hint: &'static str,
    /// The value; `None` where there is nothing to measure.
    value: fn(&Observations) -> Option<f64>,
    /// The value in words.
    says: fn(&Observations) -> String,
}

impl Rule {
    /// What it says against a measurement, if anything.
    pub(super) fn judge(&self, observations: &Observations) -> Option<Reason> {
        let value = (self.value)(observations)?;
        let verdict = match value {
            value if value >= self.invalid => Trust::Invalid,
            value if value >= self.suspect => Trust::Suspect,
            _ => return None,
        };
        Some(Reason {
            rule: Cow::Borrowed(self.name),
            verdict,
            blame: self.blame,
            observed: (self.says)(observations),
            why: Cow::Borrowed(self.why),
            hint: Cow::Borrowed(self.hint),
        })
    }
}

const MORE_MACHINE: &str = "give the generator more CPU, ask for less, or divide the load over more machines \
                            (--execution-segment)";

/// All rules, effects before causes.
pub const RULES: &[Rule] = &[
    Rule {
        name: "nothing-measured",
        measures: "whether any iteration came to its end",
        suspect: 1.0,
        invalid: 1.0,
        blame: Blame::Plan,
        why: "there is nothing to judge",
        hint: "raise the duration or the graceful stop, or look at why iterations fail",
        value: |seen| Some(if seen.iterations == 0 { 1.0 } else { 0.0 }),
        says: |_| "no iteration came to its end".to_owned(),
    },
    // Timers fire a hundred times a second on each worker, so this is a share of the time, whatever the
    // script does meanwhile. It catches every way to have no CPU: quotas, pauses, neighbours, own work.
    Rule {
        name: "loop-delay",
        measures: "share of the time in which workers came to their events later than tolerated",
        suspect: P99,
        invalid: P95,
        blame: Blame::Generator,
        why: "requests are sent late; response times, connection times and rates are partly the generator's",
        hint: MORE_MACHINE,
        value: |seen| {
            let all = seen.vitals.loop_delay.count();
            // Less than half a second says nothing.
            (all >= 50).then(|| share(seen.vitals.loop_delay.beyond(seen.tolerance_ms), all))
        },
        says: |seen| {
            let delay = &seen.vitals.loop_delay;
            let late = share(delay.beyond(seen.tolerance_ms), delay.count());
            let (share, bound) = (percent(late), ms(seen.tolerance_ms));
            format!(
                "the generator's workers were more than {bound} behind for {share} of the time (p99 {})",
                ms(delay.quantile(0.99))
            )
        },
    },
    Rule {
        name: "iteration-lateness",
        measures: "share of the iterations of arrival rates that started later than tolerated",
        suspect: P99,
        invalid: P95,
        blame: Blame::Generator,
        why: "the load came in bursts instead of as planned, and response times contain the delay",
        hint: "give the generator more CPU or ask for less; raise preAllocatedVUs if VUs were made while the \
               test ran",
        value: |seen| (seen.arrivals >= ENOUGH).then(|| share(seen.late_arrivals, seen.arrivals)),
        says: |seen| {
            let late = percent(share(seen.late_arrivals, seen.arrivals));
            let (bound, p99) = (ms(seen.tolerance_ms), ms(seen.lateness_p99_ms));
            format!("{late} of the iterations started more than {bound} after they were due (p99 {p99})")
        },
    },
    Rule {
        name: "generator-delay",
        measures: "share of the responses that waited longer than tolerated for the generator to read them",
        suspect: P99,
        invalid: P95,
        blame: Blame::Generator,
        why: "iterations take longer, and a closed model asks for less than its VUs could",
        hint: MORE_MACHINE,
        value: |seen| (seen.responses >= ENOUGH).then(|| share(seen.late_responses, seen.responses)),
        says: |seen| {
            let late = percent(share(seen.late_responses, seen.responses));
            let (bound, p99) = (ms(seen.tolerance_ms), ms(seen.generator_delay_p99_ms));
            format!(
                "{late} of the responses waited more than {bound} for the generator to read them (p99 {p99})"
            )
        },
    },
    // A dropped iteration would have been one of the slow ones: with one in twenty missing, nothing is known
    // of the slowest twentieth.
    Rule {
        name: "schedule",
        measures: "share of the planned iterations of arrival rates that never started",
        suspect: P99,
        invalid: P95,
        blame: Blame::Plan,
        why: "they would have been among the slow ones, and are in no percentile",
        hint: "raise maxVUs, or accept that the target cannot carry this rate",
        value: |seen| {
            let planned = planned(seen);
            (planned >= ENOUGH).then(|| share(missing(seen), planned))
        },
        says: |seen| {
            let (missing, planned) = (missing(seen), planned(seen));
            let never = format!(
                "{} of {} planned iterations ({}) never started",
                format::count(missing),
                format::count(planned),
                percent(share(missing, planned))
            );
            let dropped = format!("{} for want of a free VU", format::count(seen.dropped));
            if seen.dropped > 0 { format!("{never}, {dropped}") } else { never }
        },
    },
    // A request that found no descriptor or port never left, but counts as the target's failure.
    Rule {
        name: "descriptors-exhausted",
        measures: "share of the requests that failed because the process had no file descriptor left",
        suspect: ANY,
        invalid: P99,
        blame: Blame::Generator,
        why: "these requests never left this machine, and count as failures of the target",
        hint: "raise the limit of open files (ulimit -n)",
        value: |seen| Some(share(seen.out_of_descriptors, seen.requests)),
        says: |seen| {
            format!("{} found no free file descriptor", format::counted(seen.out_of_descriptors, "request"))
        },
    },
    Rule {
        name: "ports-exhausted",
        measures: "share of the requests that failed because no local port was left",
        suspect: ANY,
        invalid: P99,
        blame: Blame::Generator,
        why: "these requests never left this machine, and count as failures of the target",
        hint: "reuse connections, use more local addresses (--local-ips), or widen \
               net.ipv4.ip_local_port_range",
        value: |seen| Some(share(seen.out_of_ports, seen.requests)),
        says: |seen| format!("{} found no free local port", format::counted(seen.out_of_ports, "request")),
    },
    // Everything in flight stood still for the target's clock and not for ours.
    Rule {
        name: "suspended",
        measures: "seconds for which the machine was suspended",
        suspect: 0.01,
        invalid: 1.0,
        blame: Blame::Generator,
        why: "whatever was under way then has wrong times",
        hint: "run on a machine that does not sleep or migrate",
        value: |seen| Some(seen.vitals.suspended),
        says: |seen| format!("the machine was suspended for {:.1} s", seen.vitals.suspended),
    },
    // A throttled group stands still for the rest of a period of a tenth of a second, all of its threads.
    Rule {
        name: "throttled",
        measures: "share of the scheduling periods in which the control group's CPU quota was used up",
        suspect: P99,
        invalid: 0.25,
        blame: Blame::Generator,
        why: "all workers stood still for the rest of those periods",
        hint: "raise the container's CPU limit, or ask for less",
        value: |seen| {
            let periods = seen.vitals.quota_periods;
            (periods > 0).then(|| share(seen.vitals.throttled_periods, periods))
        },
        says: |seen| {
            let throttled = share(seen.vitals.throttled_periods, seen.vitals.quota_periods);
            format!("the CPU quota was used up in {} of its periods", percent(throttled))
        },
    },
    // Full speed is what a closed model without pauses is for, so this alone falsifies no latency; but the
    // rate may be the generator's limit instead of the target's.
    Rule {
        name: "cpu",
        measures: "share of the time in which the generator used 95 % or more of the CPU that it may use",
        suspect: 0.2,
        invalid: NEVER,
        blame: Blame::Generator,
        why: "the rate that was reached may be the generator's limit rather than the target's",
        hint: MORE_MACHINE,
        value: |seen| is_long(seen).then(|| exhausted(seen)),
        says: |seen| {
            format!("the generator had no CPU to spare for {} of the time", percent(exhausted(seen)))
        },
    },
    // Each wake-up waits for some microseconds, and tens of thousands a second add up to a tenth of the time
    // on a machine that has CPU to spare.
    Rule {
        name: "cpu-wait",
        measures: "share of the time in which workers were ready to run and had no CPU",
        suspect: 0.3,
        invalid: NEVER,
        blame: Blame::Generator,
        why: "other programs (the target itself?) want the same CPUs, and decide when the generator runs",
        hint: "give the generator a machine, or CPUs, of its own",
        value: |seen| {
            let is_known = is_long(seen) && seen.vitals.workers_lived > 0.0;
            is_known.then(|| ratio(seen.vitals.workers_waited, seen.vitals.workers_lived))
        },
        says: |seen| {
            let waited = ratio(seen.vitals.workers_waited, seen.vitals.workers_lived);
            format!("the generator's workers waited for a CPU for {} of the time", percent(waited))
        },
    },
    Rule {
        name: "steal",
        measures: "share of this machine's CPU time that its hypervisor gave to others",
        suspect: 0.1,
        invalid: NEVER,
        blame: Blame::Generator,
        why: "this virtual machine stood still meanwhile, and its clock went on",
        hint: "run on a machine with CPUs of its own",
        value: |seen| {
            let is_known = is_long(seen) && seen.vitals.machine_cpu > 0.0;
            is_known.then(|| ratio(seen.vitals.stolen, seen.vitals.machine_cpu))
        },
        says: |seen| {
            let stolen = ratio(seen.vitals.stolen, seen.vitals.machine_cpu);
            format!("the hypervisor gave {} of this machine's CPU time to others", percent(stolen))
        },
    },
    // Nine tenths leave no room for a burst of new connections.
    Rule {
        name: "descriptors",
        measures: "share of the file descriptors that the process may have that were in use",
        suspect: 0.9,
        invalid: NEVER,
        blame: Blame::Generator,
        why: "a few more connections, and requests fail that never left this machine",
        hint: "raise the limit of open files (ulimit -n)",
        value: |seen| {
            let limit = seen.vitals.descriptor_limit;
            (limit > 0).then(|| share(seen.vitals.descriptors, limit))
        },
        says: |seen| {
            let (used, limit) = (seen.vitals.descriptors, seen.vitals.descriptor_limit);
            format!("{} of {} file descriptors were in use", format::count(used), format::count(limit))
        },
    },
    // Our own times come from a clock that nobody sets, so durations are right. NTP slews, by half a
    // millisecond a second at most; steps are what this looks for.
    Rule {
        name: "clock-step",
        measures: "seconds by which the wall clock was set during the test",
        suspect: 0.5,
        invalid: NEVER,
        blame: Blame::Generator,
        why: "durations are right, but times of day do not fit to those of other machines",
        hint: "let the clock settle (NTP) before the test",
        value: |seen| Some(seen.vitals.clock_stepped),
        says: |seen| {
            format!("the system's clock was set by {:.1} s during the test", seen.vitals.clock_stepped)
        },
    },
    Rule {
        name: "lost-samples",
        measures: "samples that outputs lost",
        suspect: 1.0,
        invalid: NEVER,
        blame: Blame::Record,
        why: "outputs lack them; summary, thresholds and goals are complete",
        hint: "see the output's error above; without one, give it a faster sink or samples fewer tags",
        value: |seen| Some(seen.lost_samples as f64),
        says: |seen| {
            format!("{} were lost on the way to outputs", format::counted(seen.lost_samples, "sample"))
        },
    },
    Rule {
        name: "folded-series",
        measures: "samples that were recorded under fewer tags than they had",
        suspect: 1.0,
        invalid: NEVER,
        blame: Blame::Record,
        why: "tables by tag are not complete; totals and thresholds are exact",
        hint: "give requests with ids in their paths a name (the tag name), or use fewer tags",
        value: |seen| Some(seen.folded_samples as f64),
        says: |seen| {
            format!("{} beyond the limit of tag combinations", format::counted(seen.folded_samples, "sample"))
        },
    },
    // The ceiling is the highest rate that was valid; the last tenth of it is where noise decides.
    Rule {
        name: "ceiling",
        measures: "share of the machine's calibrated ceiling for this script that was used",
        suspect: 0.9,
        invalid: NEVER,
        blame: Blame::Generator,
        why: "what limits the rate is as likely this machine as the target",
        hint: "divide the load over more machines (--execution-segment)",
        value: |seen| seen.ceiling.map(|ceiling| ceiling.share()),
        says: |seen| {
            let used = seen.ceiling.map(|ceiling| ceiling.share()).unwrap_or_default();
            format!("the rate was {} of this machine's calibrated ceiling", percent(used))
        },
    },
];

/// Readings overlap a little with what was before.
fn exhausted(seen: &Observations) -> f64 {
    ratio(seen.vitals.cpu_exhausted, seen.vitals.elapsed).min(1.0)
}

fn is_long(seen: &Observations) -> bool {
    seen.vitals.elapsed >= LONG_ENOUGH
}

fn share(part: u64, whole: u64) -> f64 {
    ratio(part as f64, whole as f64)
}

/// Iterations of arrival rates that should have started.
fn planned(seen: &Observations) -> u64 {
    match (seen.planned, seen.arrivals) {
        (Some(planned), _) => planned,
        (None, 0) => 0,
        (None, arrivals) => arrivals + seen.dropped,
    }
}

/// Those of them that did not. What started and has not ended, or was interrupted, is not missing.
fn missing(seen: &Observations) -> u64 {
    seen.dropped.min(planned(seen))
}
