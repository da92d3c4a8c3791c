//! The summary for programs: the data given to `handleSummary`, and the file of `--summary-export`.
//!
//! Both have k6's shape, so that scripts and pipelines written for k6 read them; k6's newer shape is in
//! [`machine_summary`]. All have a key `goals` more when there are goals, and a key `validity` when somebody
//! watched the generator.

mod machine;
mod ours;

use md5::{Digest, Md5};
use plimsoll_metrics::{Sink, Trend};
use plimsoll_plan::options::reporting::TrendStat;
use serde_json::{Map, Value, json};

pub use self::machine::{TestFacts, machine_summary};
use self::ours::add_ours;
pub(crate) use self::ours::validity;
use crate::model::{Group, Summary, ThresholdRow, submetric_name};
use crate::section::CheckSummary;

/// What `handleSummary` is told of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminal {
    /// Whether stdout is a terminal.
    pub stdout: bool,
    /// Whether stderr is a terminal.
    pub stderr: bool,
    /// Whether colours are unwanted.
    pub no_color: bool,
}

/// The argument of the script's `handleSummary(data)`.
#[must_use]
pub fn handle_summary_json(summary: &Summary, terminal: Terminal) -> Value {
    let stats: Vec<String> = summary.settings.trend_stats.iter().map(ToString::to_string).collect();
    let mut data = json!({
        "options": {
            "summaryTrendStats": stats,
            "summaryTimeUnit": summary.settings.time_unit.as_str(),
            "noColor": terminal.no_color,
        },
        "state": {
            "isStdOutTTY": terminal.stdout,
            "isStdErrTTY": terminal.stderr,
            "testRunDurationMs": number(summary.run.duration.as_secs_f64() * 1e3),
        },
    });
    if let Some(setup_data) = &summary.run.setup_data {
        data["setup_data"] = setup_data.clone();
    }
    data["root_group"] = group(&summary.root_group);
    data["metrics"] = metrics(summary, metric);
    add_ours(&mut data, summary);
    data
}

/// The content of the file of `--summary-export`: four blanks of indent, keys of metrics sorted.
#[must_use]
pub fn summary_export(summary: &Summary) -> String {
    let mut data = json!({
        "root_group": exported_group(&summary.root_group),
        "metrics": metrics(summary, exported_metric),
    });
    add_ours(&mut data, summary);
    indented(&data)
}

/// JSON with four blanks of indent, as k6 writes its exports.
#[must_use]
pub fn indented(data: &Value) -> String {
    let mut text = Vec::new();
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, indent);
    serde::Serialize::serialize(data, &mut serializer).expect("a JSON value goes into memory");
    String::from_utf8(text).expect("serde_json writes UTF-8")
}

/// A metric or sub-metric, as the renderers of both shapes want it.
struct MetricView<'a> {
    name: String,
    kind: &'static str,
    contains: &'static str,
    sink: &'a Sink,
    thresholds: Option<&'a ThresholdRow>,
}

/// All metrics and sub-metrics by name, each rendered by `render`.
fn metrics(summary: &Summary, render: fn(&Summary, &MetricView<'_>) -> Value) -> Value {
    let mut rendered = Map::new();
    for metric in &summary.total.metrics {
        let whole = (metric.name.to_string(), None, &metric.sink);
        let parts = metric
            .submetrics
            .iter()
            .map(|part| (submetric_name(&metric.name, &part.suffix), Some(part.suffix.as_str()), &part.sink));
        for (name, suffix, sink) in std::iter::once(whole).chain(parts) {
            let judges = |row: &&ThresholdRow| {
                row.selector.metric() == &*metric.name && row.selector.suffix() == suffix
            };
            let thresholds = summary.thresholds.iter().find(judges);
            let (kind, contains) = (metric.kind.as_str(), metric.contains.as_str());
            let view = MetricView { name, kind, contains, sink, thresholds };
            let value = render(summary, &view);
            rendered.insert(view.name, value);
        }
    }
    Value::Object(rendered)
}

fn metric(summary: &Summary, view: &MetricView<'_>) -> Value {
    let mut rendered =
        json!({ "type": view.kind, "contains": view.contains, "values": values(summary, view.sink) });
    if let Some(row) = view.thresholds {
        let ok = row.results.iter().map(|result| {
            let ok = !result.outcome.fails(summary.no_data);
            (result.threshold.label(), json!({ "ok": ok }))
        });
        rendered["thresholds"] = Value::Object(ok.collect());
    }
    rendered
}

/// k6's export says `true` for thresholds that were crossed.
fn exported_metric(summary: &Summary, view: &MetricView<'_>) -> Value {
    let mut exported = values(summary, view.sink);
    if matches!(view.sink, Sink::Rate(_))
        && let Some(rate) = exported.remove("rate")
    {
        exported.insert("value".to_owned(), rate);
    }
    if let Some(row) = view.thresholds {
        let crossed = row.results.iter().map(|result| {
            let crossed = result.outcome.fails(summary.no_data);
            (result.threshold.label(), Value::Bool(crossed))
        });
        exported.insert("thresholds".to_owned(), Value::Object(crossed.collect()));
    }
    exported.sort_keys();
    Value::Object(exported)
}

fn values(summary: &Summary, sink: &Sink) -> Map<String, Value> {
    figures(summary, sink).into_iter().map(|(name, value)| (name, number(value))).collect()
}

/// The figures of a metric by name, in k6's order.
pub(crate) fn figures(summary: &Summary, sink: &Sink) -> Vec<(String, f64)> {
    match sink {
        Sink::Counter(counter) => {
            named([("count", counter.sum), ("rate", counter.per_second(summary.run.duration))])
        }
        Sink::Gauge(gauge) => named([("value", gauge.last), ("min", gauge.min), ("max", gauge.max)]),
        Sink::Rate(rate) => {
            named([("rate", rate.share()), ("passes", rate.nonzero as f64), ("fails", rate.zero() as f64)])
        }
        Sink::Trend(trend) => summary
            .settings
            .trend_stats
            .iter()
            .map(|stat| (stat.to_string(), trend_value(trend, stat)))
            .collect(),
    }
}

fn named<const N: usize>(pairs: [(&str, f64); N]) -> Vec<(String, f64)> {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// One statistic of a trend.
#[must_use]
pub fn trend_value(trend: &Trend, stat: &TrendStat) -> f64 {
    match stat {
        TrendStat::Avg => trend.avg(),
        TrendStat::Min => trend.min(),
        TrendStat::Med => trend.med(),
        TrendStat::Max => trend.max(),
        TrendStat::Count => trend.count() as f64,
        TrendStat::Percentile(percent) => trend.quantile(percent / 100.0),
    }
}

/// Whole numbers without a decimal point, as JavaScript and Go write them; `null` for an infinity, which JSON
/// has no number for.
#[must_use]
pub fn number(value: f64) -> Value {
    /// Up to here every whole number is a double.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { Value::from(value as i64) } else { Value::from(value) }
}

fn group(group: &Group) -> Value {
    json!({
        "name": group.name,
        "path": group.path,
        "id": path_id(&group.path),
        "groups": group.groups.iter().map(self::group).collect::<Vec<_>>(),
        "checks": group.checks.iter().map(|row| check(&group.path, row)).collect::<Vec<_>>(),
    })
}

fn exported_group(group: &Group) -> Value {
    let groups = group.groups.iter().map(|child| (child.name.clone(), exported_group(child)));
    let checks = group.checks.iter().map(|row| (row.name.clone(), check(&group.path, row)));
    json!({
        "name": group.name,
        "path": group.path,
        "id": path_id(&group.path),
        "groups": groups.collect::<Map<_, _>>(),
        "checks": checks.collect::<Map<_, _>>(),
    })
}

fn check(group: &str, check: &CheckSummary) -> Value {
    let CheckSummary { name, passes, fails } = check;
    let path = format!("{group}::{name}");
    json!({ "name": name, "path": path, "id": path_id(&path), "passes": passes, "fails": fails })
}

/// k6 identifies groups and checks by the MD5 of their path.
#[must_use]
pub fn path_id(path: &str) -> String {
    Md5::digest(path.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
