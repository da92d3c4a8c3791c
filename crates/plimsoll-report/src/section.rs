//! Metrics and checks of the whole run, of a group, or of a scenario.

use std::sync::Arc;
use std::time::Duration;

use plimsoll_metrics::{
    Aggregate, Metric, MetricId, MetricKind, Registry, SeriesView, Sink, Tags, ValueKind, builtin, tag,
};
use rustc_hash::FxHashMap;

/// One metric with its sub-metrics.
#[derive(Debug, Clone)]
pub struct MetricSummary {
    /// Its name.
    pub name: Arc<str>,
    /// How its samples are aggregated.
    pub kind: MetricKind,
    /// What its values stand for.
    pub contains: ValueKind,
    /// Its samples.
    pub sink: Sink,
    /// The parts of it that thresholds look at, sorted.
    pub submetrics: Vec<Submetric>,
}

/// A part of a metric, selected by tags.
#[derive(Debug, Clone)]
pub struct Submetric {
    /// The selecting tags as written, without braces.
    pub suffix: String,
    /// Its samples.
    pub sink: Sink,
}

/// One check, merged over the groups it occurs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSummary {
    /// Its name.
    pub name: String,
    /// How often it held.
    pub passes: u64,
    /// How often it did not.
    pub fails: u64,
}

/// Metrics and checks of some part of a run.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Sorted by name.
    pub metrics: Vec<MetricSummary>,
    /// In the order they were first evaluated.
    pub checks: Vec<CheckSummary>,
    /// How long it took: what rates are per second of.
    pub duration: Duration,
}

/// A named part of a run: a group or a scenario, with the groups inside.
#[derive(Debug, Clone)]
pub struct NamedSection {
    /// The group's own name, or the scenario's.
    pub name: String,
    /// Its own samples, not those of the groups inside.
    pub section: Section,
    /// The groups inside.
    pub groups: Vec<NamedSection>,
}

impl Section {
    /// The samples of all series that `keep` wants.
    pub(crate) fn of(
        aggregate: &Aggregate,
        registry: &Registry,
        duration: Duration,
        keep: impl Fn(&Tags) -> bool,
    ) -> Self {
        let mut sinks: FxHashMap<MetricId, Sink> = FxHashMap::default();
        for series in aggregate.series().filter(|series| keep(series.tags)) {
            merge_into(sinks.entry(series.metric), series.sink);
        }
        let mut metrics: Vec<_> =
            sinks.into_iter().map(|(id, sink)| MetricSummary::new(&registry.get(id), sink)).collect();
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        let checks = checks(aggregate.series_of(builtin::CHECKS).filter(|series| keep(series.tags)));
        Self { metrics, checks, duration }
    }

    /// The metric of that name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&MetricSummary> {
        self.metrics.iter().find(|metric| &*metric.name == name)
    }

    /// How many checks were evaluated, and how many held.
    #[must_use]
    pub fn check_totals(&self) -> (u64, u64) {
        self.checks
            .iter()
            .fold((0, 0), |(all, passed), check| (all + check.passes + check.fails, passed + check.passes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.metrics.is_empty()
    }
}

impl MetricSummary {
    pub(crate) fn new(metric: &Metric, sink: Sink) -> Self {
        let Metric { ref name, kind, contains, .. } = *metric;
        Self { name: Arc::clone(name), kind, contains, sink, submetrics: Vec::new() }
    }
}

type SinkEntry<'a> = std::collections::hash_map::Entry<'a, MetricId, Sink>;

fn merge_into(entry: SinkEntry<'_>, sink: &Sink) {
    entry.and_modify(|merged| merged.merge(sink)).or_insert_with(|| sink.clone());
}

/// Series in the order of their first sample: shards are absorbed in any order.
pub(crate) fn by_first_sample<'a>(series: impl Iterator<Item = SeriesView<'a>>) -> Vec<SeriesView<'a>> {
    let mut series: Vec<_> = series.collect();
    series.sort_by_key(|series| series.first);
    series
}

/// Checks merged by name; checks whose name was lost to folding share one entry.
fn checks<'a>(series: impl Iterator<Item = SeriesView<'a>>) -> Vec<CheckSummary> {
    let mut places: FxHashMap<&str, usize> = FxHashMap::default();
    let mut checks: Vec<CheckSummary> = Vec::new();
    for series in by_first_sample(series) {
        let Sink::Rate(rate) = series.sink else { continue };
        let name = series.tags.value(tag::CHECK).unwrap_or("(checks beyond the limit)");
        let place = *places.entry(name).or_insert_with(|| {
            checks.push(CheckSummary { name: name.to_owned(), passes: 0, fails: 0 });
            checks.len() - 1
        });
        checks[place].passes += rate.nonzero;
        checks[place].fails += rate.zero();
    }
    checks
}

/// The groups that the samples of `keep` mention, as a tree, in the order of their first sample. Setup and
/// teardown are not among them.
pub(crate) fn groups(
    aggregate: &Aggregate,
    registry: &Registry,
    duration: Duration,
    keep: impl Fn(&Tags) -> bool + Copy,
) -> Vec<NamedSection> {
    let mut paths: Vec<&str> = Vec::new();
    for series in by_first_sample(aggregate.series().filter(|series| keep(series.tags))) {
        let path = series.tags.value(tag::GROUP).unwrap_or_default();
        let life_cycle = ["::setup", "::teardown"].iter().any(|phase| is_within(path, phase));
        if !path.is_empty() && !life_cycle && !paths.contains(&path) {
            paths.push(path);
        }
    }
    children("", &paths, &|path| {
        Section::of(aggregate, registry, duration, |tags| keep(tags) && group_of(tags) == path)
    })
}

fn group_of(tags: &Tags) -> &str {
    tags.value(tag::GROUP).unwrap_or_default()
}

fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The groups directly below `parent`, each with its own children.
fn children(parent: &str, paths: &[&str], section: &dyn Fn(&str) -> Section) -> Vec<NamedSection> {
    child_names(parent, paths)
        .into_iter()
        .map(|name| {
            let path = format!("{parent}::{name}");
            let groups = children(&path, paths, section);
            NamedSection { name: name.to_owned(), section: section(&path), groups }
        })
        .collect()
}

/// The names of the groups directly below `parent`, in order of first mention.
pub(crate) fn child_names<'a>(parent: &str, paths: &[&'a str]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for path in paths {
        let Some(rest) = path.strip_prefix(parent).and_then(|rest| rest.strip_prefix("::")) else { continue };
        let name = rest.split("::").next().unwrap_or(rest);
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_through_missing_parents() {
        let paths = ["::a::b", "::c", "::a", "::ab::x"];
        assert_eq!(child_names("", &paths), ["a", "c", "ab"]);
        assert_eq!(child_names("::a", &paths), ["b"]);
        assert_eq!(child_names("::c", &paths), Vec::<&str>::new());
    }

    #[test]
    fn setup_is_recognised_with_its_groups() {
        assert!(is_within("::setup", "::setup"));
        assert!(is_within("::setup::login", "::setup"));
        assert!(!is_within("::setups", "::setup"));
    }
}
