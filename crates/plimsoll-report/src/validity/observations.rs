//! Everything that a verdict on a measurement is based on, as plain numbers.

use std::borrow::Cow;

use plimsoll_metrics::{Aggregate, MetricId, SeriesView, Sink, Trend, builtin, tag};
use serde::{Deserialize, Serialize};

use super::vitals::Vitals;
use crate::format;

/// What was observed of a run, or of a part of one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Observations {
    /// The machine meanwhile.
    pub vitals: Vitals,
    /// Seconds in which iterations were started; zero when nobody knows.
    pub starting: f64,
    /// The function that all iterations call; `None` when nobody knows, and when there are several.
    pub function: Option<String>,
    /// Iterations that came to their end.
    pub iterations: u64,
    /// Requests that came to an end, whatever it was.
    pub requests: u64,
    /// Iterations of arrival rates that were started, as far as they have ended.
    pub arrivals: u64,
    /// Iterations of arrival rates that were due and had no VU.
    pub dropped: u64,
    /// Iterations that arrival rates should have started; `None` when nobody knows, as of a run that was
    /// stopped.
    pub planned: Option<u64>,
    /// By how many milliseconds the generator may be late before it matters: see [`Observations::new`].
    pub tolerance_ms: f64,
    /// Iterations that started later than that.
    pub late_arrivals: u64,
    /// The 99th percentile of their lateness, in milliseconds.
    pub lateness_p99_ms: f64,
    /// Responses of which it is known when they had arrived.
    pub responses: u64,
    /// Those that their worker came to later than tolerated.
    pub late_responses: u64,
    /// The 99th percentile of the generator delay, in milliseconds.
    pub generator_delay_p99_ms: f64,
    /// Requests that found no free descriptor.
    pub out_of_descriptors: u64,
    /// Connections that found no free local port.
    pub out_of_ports: u64,
    /// All samples of all metrics.
    pub samples: u64,
    /// Samples that outputs lost.
    pub lost_samples: u64,
    /// Samples that were recorded under fewer tags than they had.
    pub folded_samples: u64,
    /// The machine's certified ceiling for this script, and how much of it was used.
    pub ceiling: Option<CeilingUse>,
}

/// How near a measurement came to what the generator can do at all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CeilingUse {
    /// The most requests a second that were measured validly against a null target; iterations where nothing
    /// is known of requests. Zero when the ceiling of what ran is not known.
    pub per_second: f64,
    /// Whether these are requests rather than iterations.
    pub of_requests: bool,
    /// The rate that was reached.
    pub reached: f64,
}

impl CeilingUse {
    /// The part of the ceiling that was used.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.per_second > 0.0 { self.reached / self.per_second } else { 0.0 }
    }
}

/// No matter how fast the target is, delays below are ordinary: the kernel's scheduler has slices of a few
/// milliseconds.
const ALWAYS_TOLERATED_MS: f64 = 5.0;
/// What is tolerated where no request tells how fast the target is.
const TOLERATED_UNSEEN_MS: f64 = 25.0;

impl Observations {
    /// Puts together what was observed and what was measured at the same time, `setup()` and `teardown()`
    /// excepted.
    ///
    /// All iterations that were dropped count as those of arrival rates here: who knows better says so.
    ///
    /// The generator's delays are held against the target: a quarter of the 95th percentile of
    /// `http_req_duration` is tolerated, 5 ms at least, and 25 ms in a run without requests. So a delay that
    /// is not tolerated moves what it falls on by a quarter of what is usually reported.
    #[must_use]
    pub fn new(vitals: Vitals, aggregate: &Aggregate) -> Self {
        let durations = trend(aggregate, builtin::HTTP_REQ_DURATION);
        let tolerance_ms = durations.map_or(TOLERATED_UNSEEN_MS, |durations| {
            (durations.quantile(0.95) / 4.0).max(ALWAYS_TOLERATED_MS)
        });
        let late = |metric| {
            trend(aggregate, metric).map_or((0, 0, 0.0), |trend| {
                let late = trend.count() - trend.count_at_most(tolerance_ms);
                (trend.count(), late, trend.quantile(0.99))
            })
        };
        let (arrivals, late_arrivals, lateness_p99_ms) = late(builtin::ITERATION_LATENESS);
        let (responses, late_responses, generator_delay_p99_ms) = late(builtin::GENERATOR_DELAY);
        let (out_of_descriptors, out_of_ports) = exhausted(aggregate);
        Self {
            vitals,
            starting: 0.0,
            function: None,
            iterations: sum(aggregate, builtin::ITERATIONS),
            requests: sum(aggregate, builtin::HTTP_REQS),
            arrivals,
            dropped: sum(aggregate, builtin::DROPPED_ITERATIONS),
            planned: None,
            tolerance_ms,
            late_arrivals,
            lateness_p99_ms,
            responses,
            late_responses,
            generator_delay_p99_ms,
            out_of_descriptors,
            out_of_ports,
            samples: samples(aggregate),
            lost_samples: 0,
            folded_samples: aggregate.folds().samples,
            ceiling: None,
        }
    }

    /// Requests or iterations a second, as a ceiling counts them: of the time in which iterations were
    /// started, without the wait for the last ones.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let count = if self.requests > 0 { self.requests } else { self.iterations };
        let seconds = if self.starting > 0.0 { self.starting } else { self.vitals.elapsed };
        ratio(count as f64, seconds)
    }

    /// CPUs that the process might use.
    #[must_use]
    pub fn cpus(&self) -> f64 {
        ratio(self.vitals.cpu_allowed, self.vitals.elapsed)
    }

    /// The share of them that it used.
    #[must_use]
    pub fn cpu_share(&self) -> f64 {
        ratio(self.vitals.cpu_used, self.vitals.cpu_allowed)
    }

    /// The generator in a few figures.
    pub(super) fn figures(&self) -> Vec<String> {
        let mut figures = Vec::new();
        if self.vitals.cpu_allowed > 0.0 {
            let cpus = self.cpus();
            let cpus =
                if (cpus - 1.0).abs() < 0.005 { "1 CPU".to_owned() } else { format!("{} CPUs", two(cpus)) };
            figures.push(format!("the generator used {} of {cpus}", percent(self.cpu_share())));
        }
        if self.vitals.loop_delay.count() > 0 {
            let delay = self.vitals.loop_delay.quantile(0.99);
            figures.push(format!("99 of 100 timers of its workers were less than {} late", ms(delay)));
        }
        if let Some(ceiling) = self.ceiling.filter(|ceiling| ceiling.per_second > 0.0) {
            let what = if ceiling.of_requests { "requests/s" } else { "iterations/s" };
            let (used, all) = (percent(ceiling.share()), format::count(ceiling.per_second.round() as u64));
            figures.push(format!("used {used} of the calibrated ceiling of this machine ({all} {what})"));
        }
        figures
    }
}

/// A share in whole percent, or in tenths below ten.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// Milliseconds, as exactly as delays are known.
pub(super) fn ms(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.0} s", ms / 1e3),
    }
}

/// At most two digits behind the point.
fn two(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// What scenarios recorded of a metric.
fn of_scenarios(aggregate: &Aggregate, metric: MetricId) -> Option<Cow<'_, Sink>> {
    let total = aggregate.total(metric)?;
    if aggregate.series_of(metric).all(|series| is_of_scenarios(&series)) {
        return Some(Cow::Borrowed(total));
    }
    let mut sum = Sink::new(total.kind());
    aggregate.series_of(metric).filter(is_of_scenarios).for_each(|series| sum.merge(series.sink));
    Some(Cow::Owned(sum))
}

/// `setup()` and `teardown()` are groups of their own, and what they call may have groups in those.
/// Iterations may have groups of these names; theirs have a scenario.
fn is_of_scenarios(series: &SeriesView<'_>) -> bool {
    if series.tags.value(tag::SCENARIO).is_some() {
        return true;
    }
    let path = series.tags.value(tag::GROUP).and_then(|path| path.strip_prefix("::"));
    let outermost = path.and_then(|path| path.split("::").next());
    !matches!(outermost, Some("setup" | "teardown"))
}

fn trend(aggregate: &Aggregate, metric: MetricId) -> Option<Cow<'_, Trend>> {
    let trend = match of_scenarios(aggregate, metric)? {
        Cow::Borrowed(Sink::Trend(trend)) => Cow::Borrowed(trend),
        Cow::Owned(Sink::Trend(trend)) => Cow::Owned(trend),
        _ => return None,
    };
    (trend.count() > 0).then_some(trend)
}

/// Of a counter of whole things.
fn sum(aggregate: &Aggregate, metric: MetricId) -> u64 {
    match of_scenarios(aggregate, metric).as_deref() {
        Some(Sink::Counter(counter)) => counter.sum.max(0.0) as u64,
        _ => 0,
    }
}

fn samples(aggregate: &Aggregate) -> u64 {
    aggregate.metrics().into_iter().filter_map(|metric| aggregate.total(metric)).map(Sink::count).sum()
}

/// Requests that failed because this machine had no descriptor, and no port, left. The numbers are the
/// system's, and the texts with them those of [`std::io::Error`].
fn exhausted(aggregate: &Aggregate) -> (u64, u64) {
    const NO_PORT: i32 = if cfg!(target_os = "linux") { 99 } else { 49 };
    const NO_DESCRIPTOR: [i32; 2] = [23, 24];
    let mut counts = (0, 0);
    for series in aggregate.series_of(builtin::HTTP_REQS).filter(is_of_scenarios) {
        let Some(number) = series.tags.value(tag::ERROR).and_then(system_error) else { continue };
        counts.0 += if NO_DESCRIPTOR.contains(&number) { series.sink.count() } else { 0 };
        counts.1 += if number == NO_PORT { series.sink.count() } else { 0 };
    }
    counts
}

/// The number in `…: Too many open files (os error 24)`.
fn system_error(message: &str) -> Option<i32> {
    message.split_once("(os error ")?.1.split_once(')')?.0.parse().ok()
}
