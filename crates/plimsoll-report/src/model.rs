//! The summary of a run as data.

use std::sync::Arc;
use std::time::Duration;

use plimsoll_metrics::{
    Aggregate, FoldCounts, GoalResult, MetricKind, NoDataPolicy, Registry, RuleReport, Selector, Sink,
    TagFilter, ThresholdReport, ThresholdResult, Timestamp, ValueKind, builtin, tag,
};
use plimsoll_plan::Plan;
use plimsoll_plan::options::keyword::{SummaryMode, TimeUnit};
use plimsoll_plan::options::reporting::TrendStat;
use serde_json::Value;

use crate::advice::{ArrivalFacts, advice};
use crate::endpoints::Endpoints;
use crate::failures::Failures;
use crate::format;
use crate::goals::{self, GoalRow};
use crate::section::{CheckSummary, MetricSummary, NamedSection, Section, Submetric, groups};
use crate::validity::Validity;

/// What a summary is built from.
#[derive(Debug)]
pub struct SummaryInput<'a> {
    /// The metrics of the run.
    pub registry: &'a Registry,
    /// What was recorded, the warm-up excepted.
    pub aggregate: &'a Aggregate,
    /// What was recorded in the warm-up, and how long it was; `None` when there was none.
    pub warm_up: Option<(&'a Aggregate, Duration)>,
    /// The thresholds at the end of the run; `None` when there were none.
    pub thresholds: Option<&'a ThresholdReport>,
    /// What became of the goals.
    pub goals: Vec<GoalResult>,
    /// How thresholds and goals without data count.
    pub no_data: NoDataPolicy,
    /// What the user asked of the summary.
    pub settings: Settings,
    /// What the engine knows of the run.
    pub run: RunFacts,
}

/// What the user asked of the summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The statistics of trends, in order.
    pub trend_stats: Vec<TrendStat>,
    /// The unit of durations.
    pub time_unit: TimeUnit,
    /// Whether groups and scenarios have sections of their own.
    pub mode: SummaryMode,
}

impl Settings {
    /// The settings of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            trend_stats: plan.options.summary_trend_stats.clone(),
            time_unit: plan.options.summary_time_unit,
            mode: plan.options.summary_mode,
        }
    }
}

impl Default for Settings {
    /// k6's.
    fn default() -> Self {
        use TrendStat::{Avg, Max, Med, Min, Percentile};
        let trend_stats = vec![Avg, Min, Med, Max, Percentile(90.0), Percentile(95.0)];
        Self { trend_stats, time_unit: TimeUnit::Auto, mode: SummaryMode::Compact }
    }
}

/// What is known of a run beside its samples.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct RunFacts {
    /// The script, as given on the command line.
    pub script: String,
    /// What ran: one line a scenario.
    pub scenarios: Vec<String>,
    /// When the test began, on the samples' clock.
    #[serde(with = "nanoseconds")]
    pub started_at: Timestamp,
    /// The same for people, such as an RFC 3339 time; empty when not known.
    pub started: String,
    /// From the start of setup to the end of teardown, the warm-up excepted.
    pub duration: Duration,
    /// Iterations that came to their end, those of the warm-up excepted.
    pub complete_iterations: u64,
    /// Iterations that were cut off.
    pub interrupted_iterations: u64,
    /// Why the run ended before its plan, as a sentence.
    pub ended_early: Option<String>,
    /// Why the script marked the run as failed, if it did.
    pub marked_failed: Option<String>,
    /// Samples that outputs lost.
    pub lost_samples: u64,
    /// More that the reader must know: a sentence each.
    pub notes: Vec<String>,
    /// The scenarios with an arrival rate.
    pub arrivals: Vec<ArrivalFacts>,
    /// What `setup()` returned. It is for `handleSummary` alone, and often a token: no record has it.
    #[serde(skip_serializing)]
    pub setup_data: Option<Value>,
    /// Whether the measurement can be trusted; `None` when nobody watched the generator.
    pub validity: Option<Validity>,
}

/// A point in time as a number.
mod nanoseconds {
    use plimsoll_metrics::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(at.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(deserializer).map(Timestamp)
    }
}

/// A rule of the script's thresholds with its results.
#[derive(Debug, Clone)]
pub struct ThresholdRow {
    /// Which samples it judges.
    pub selector: Selector,
    /// The metric's kind.
    pub kind: MetricKind,
    /// What the metric's values stand for.
    pub contains: ValueKind,
    /// One result for each threshold.
    pub results: Vec<ThresholdResult>,
    /// Why there are no data, when there are none.
    pub no_data: Option<String>,
}

/// Everything that the renderers need.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What the engine knows of the run.
    pub run: RunFacts,
    /// What the user asked of the summary.
    pub settings: Settings,
    /// Thresholds, sorted by metric and tags.
    pub thresholds: Vec<ThresholdRow>,
    /// Goals, in the order in which they were written.
    pub goals: Vec<GoalRow>,
    /// How thresholds and goals without data count.
    pub no_data: NoDataPolicy,
    /// Metrics and checks of the whole run, the warm-up excepted.
    pub total: Section,
    /// What was recorded in the warm-up, which is not judged.
    pub warm_up: Option<Section>,
    /// The groups of scenario `default`; only in full mode.
    pub groups: Vec<NamedSection>,
    /// The other scenarios; only in full mode.
    pub scenarios: Vec<NamedSection>,
    /// Groups with their checks, as `handleSummary` sees them.
    pub root_group: Group,
    /// Requests by endpoint.
    pub endpoints: Endpoints,
    /// Failed requests by error code.
    pub failures: Failures,
    /// What the limit of tag sets has cost.
    pub folds: FoldCounts,
    /// Iterations that could not be started.
    pub dropped: Dropped,
    /// How many VUs arrival rates would have needed: a sentence each.
    pub advice: Vec<String>,
}

/// Iterations that could not be started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many.
    pub count: u64,
    /// When the first and the last one were, from the start of the test.
    pub span: (Duration, Duration),
}

/// A group with its checks.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its own name; empty for the root.
    pub name: String,
    /// Names from the root, each behind `::`; empty for the root.
    pub path: String,
    /// The groups inside, in the order of their first sample.
    pub groups: Vec<Group>,
    /// The checks in it, in the order they were first evaluated.
    pub checks: Vec<CheckSummary>,
}

impl Summary {
    /// Reads everything out of the aggregate once.
    #[must_use]
    pub fn build(input: SummaryInput<'_>) -> Self {
        let SummaryInput { registry, aggregate, warm_up, thresholds, goals, no_data, settings, run } = input;
        let whole = |aggregate, duration| Section::of(aggregate, registry, duration, |_| true);
        let mut total = whole(aggregate, run.duration);
        let rules = thresholds.map(|report| report.rules.as_slice()).unwrap_or_default();
        add_judged_metrics(&mut total, rules, registry);
        add_submetrics(&mut total, rules, aggregate);
        let full = settings.mode == SummaryMode::Full;
        Self {
            thresholds: threshold_rows(rules, registry),
            goals: goals::rows(goals, registry),
            no_data,
            groups: if full { groups_of("default", aggregate, registry, run.duration) } else { Vec::new() },
            scenarios: if full { scenarios(aggregate, registry, run.duration) } else { Vec::new() },
            root_group: Group::root(aggregate),
            endpoints: Endpoints::of(aggregate),
            failures: Failures::of(aggregate, run.started_at),
            folds: aggregate.folds(),
            warm_up: warm_up.map(|(aggregate, duration)| whole(aggregate, duration)),
            dropped: Dropped::of(aggregate, run.started_at),
            advice: advice(aggregate, &run.arrivals),
            total,
            settings,
            run,
        }
    }
}

impl Dropped {
    fn of(aggregate: &Aggregate, started_at: Timestamp) -> Self {
        let Some(Sink::Counter(counter)) = aggregate.total(builtin::DROPPED_ITERATIONS) else {
            return Self::default();
        };
        let series = || aggregate.series_of(builtin::DROPPED_ITERATIONS);
        let from_start = |at: Option<Timestamp>| {
            Duration::from_nanos(at.unwrap_or_default().0.saturating_sub(started_at.0))
        };
        let first = from_start(series().map(|series| series.first).min());
        // The engine adds whole numbers.
        Self {
            count: format::whole(counter.sum),
            span: (first, from_start(series().map(|series| series.last).max())),
        }
    }
}

/// Metrics that have thresholds appear even without a sample, as in k6.
fn add_judged_metrics(total: &mut Section, rules: &[RuleReport], registry: &Registry) {
    for rule in rules {
        if total.metric(rule.selector.metric()).is_none() {
            let metric = registry.get(rule.metric);
            total.metrics.push(MetricSummary::new(&metric, Sink::new(metric.kind)));
        }
    }
    total.metrics.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Every selector of a threshold, and the successful requests' durations, which k6 always shows.
fn add_submetrics(total: &mut Section, rules: &[RuleReport], aggregate: &Aggregate) {
    for rule in rules {
        let Some(suffix) = rule.selector.suffix() else { continue };
        let sink = aggregate.select(rule.metric, rule.selector.filter());
        let sink = sink.unwrap_or_else(|| Sink::new(rule.metric.kind()));
        add_submetric(total, rule.selector.metric(), suffix, sink);
    }
    let (name, value) = ("expected_response", "true");
    let judged =
        aggregate.series_of(builtin::HTTP_REQ_DURATION).any(|series| series.tags.get(name).is_some());
    if judged {
        let filter = TagFilter::new(vec![(name.to_owned(), value.to_owned())]);
        let sink = aggregate.select(builtin::HTTP_REQ_DURATION, &filter);
        let sink = sink.unwrap_or_else(|| Sink::new(MetricKind::Trend));
        add_submetric(total, "http_req_duration", "expected_response:true", sink);
    }
}

fn add_submetric(total: &mut Section, metric: &str, suffix: &str, sink: Sink) {
    let Some(metric) = total.metrics.iter_mut().find(|known| &*known.name == metric) else { return };
    if metric.submetrics.iter().all(|known| known.suffix != suffix) {
        metric.submetrics.push(Submetric { suffix: suffix.to_owned(), sink });
        metric.submetrics.sort_by(|a, b| a.suffix.cmp(&b.suffix));
    }
}

fn threshold_rows(rules: &[RuleReport], registry: &Registry) -> Vec<ThresholdRow> {
    let row = |rule: &RuleReport| ThresholdRow {
        selector: rule.selector.clone(),
        kind: rule.metric.kind(),
        contains: registry.get(rule.metric).contains,
        results: rule.results.clone(),
        no_data: rule.no_data.clone(),
    };
    let mut rows: Vec<_> = rules.iter().map(row).collect();
    rows.sort_by(|a, b| {
        let key =
            |row: &ThresholdRow| (row.selector.metric().to_owned(), row.selector.suffix().map(str::to_owned));
        key(a).cmp(&key(b))
    });
    rows
}

fn groups_of(
    scenario: &str,
    aggregate: &Aggregate,
    registry: &Registry,
    duration: Duration,
) -> Vec<NamedSection> {
    groups(aggregate, registry, duration, |tags| tags.value(tag::SCENARIO) == Some(scenario))
}

/// Every scenario but `default`, which is the whole run where it is the only one.
fn scenarios(aggregate: &Aggregate, registry: &Registry, duration: Duration) -> Vec<NamedSection> {
    let mut names: Vec<&str> =
        aggregate.series().filter_map(|series| series.tags.value(tag::SCENARIO)).collect();
    names.sort_unstable();
    names.dedup();
    let named = names.into_iter().filter(|name| *name != "default");
    named
        .map(|name| NamedSection {
            name: name.to_owned(),
            section: Section::of(aggregate, registry, duration, |tags| {
                tags.value(tag::SCENARIO) == Some(name)
            }),
            groups: groups_of(name, aggregate, registry, duration),
        })
        .collect()
}

impl Group {
    /// The tree of all groups that samples mention.
    #[must_use]
    pub fn root(aggregate: &Aggregate) -> Self {
        let mut root = Self::default();
        let series = crate::section::by_first_sample(aggregate.series());
        for series in &series {
            let group = root.descend(series.tags.value(tag::GROUP).unwrap_or_default());
            let (Some(check), Sink::Rate(rate)) = (series.tags.value(tag::CHECK), series.sink) else {
                continue;
            };
            if series.metric == builtin::CHECKS {
                group.add_check(check, rate.nonzero, rate.zero());
            }
        }
        root
    }

    /// The group of that path, made if need be.
    fn descend(&mut self, path: &str) -> &mut Self {
        path.split("::").filter(|name| !name.is_empty()).fold(self, |group, name| {
            let place = group.groups.iter().position(|child| child.name == name).unwrap_or_else(|| {
                let path = format!("{}::{name}", group.path);
                group.groups.push(Self { name: name.to_owned(), path, ..Self::default() });
                group.groups.len() - 1
            });
            &mut group.groups[place]
        })
    }

    fn add_check(&mut self, name: &str, passes: u64, fails: u64) {
        match self.checks.iter_mut().find(|check| check.name == name) {
            Some(check) => {
                check.passes += passes;
                check.fails += fails;
            }
            None => self.checks.push(CheckSummary { name: name.to_owned(), passes, fails }),
        }
    }
}

/// A metric's name with its selecting tags, as k6 spells sub-metrics.
#[must_use]
pub fn submetric_name(metric: &Arc<str>, suffix: &str) -> String {
    format!("{metric}{{{suffix}}}")
}
