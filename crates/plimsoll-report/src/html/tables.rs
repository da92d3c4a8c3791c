//! The tables of the page.

use std::time::Duration;

use plimsoll_metrics::{GoalOutcome, Outcome, Sink, ThresholdResult};

use super::charts::{self, LogScale};
use super::markup::Markup;
use super::moments;
use crate::endpoints::Endpoint;
use crate::format;
use crate::model::{Summary, ThresholdRow};
use crate::section::{CheckSummary, MetricSummary, Section};
use crate::text::{measured, span};
use crate::timeline::Timeline;

/// Endpoints shown one by one.
const ENDPOINTS: usize = 100;
/// Endpoints whose latency is drawn.
const DRAWN: usize = 30;
/// Checks shown one by one.
const CHECKS: usize = 500;

pub(super) fn thresholds(page: &mut Markup, summary: &Summary, timeline: &Timeline) {
    if summary.thresholds.is_empty() {
        return;
    }
    page.open_table(
        "Thresholds",
        "Conditions set by the script, and what was measured.",
        &["Metric", "Condition", "Result", "#Measured"],
    );
    for row in &summary.thresholds {
        for result in &row.results {
            threshold(page, summary, timeline, row, result);
        }
    }
    page.close_table();
}

fn threshold(
    page: &mut Markup,
    summary: &Summary,
    timeline: &Timeline,
    row: &ThresholdRow,
    result: &ThresholdResult,
) {
    let (class, text) = match result.outcome {
        Outcome::Passed { .. } => ("good", "✓ holds"),
        Outcome::Crossed { .. } => ("bad", "✗ crossed"),
        Outcome::NoData { .. } => ("unknown", "? no data"),
    };
    page.raw("<tr>").row_head(row.selector.source()).raw("<td><code>").text(&result.threshold.label());
    page.raw("</code></td><td class=\"").text(class).raw("\">").text(text);
    if let (Outcome::NoData { .. }, Some(reason)) = (result.outcome, &row.no_data) {
        page.raw("<br><small>").text(reason).raw("</small>");
    }
    if let Some(window) = crate::text::decided(result) {
        page.raw("<br><small>").text(&window).raw("</small>");
    }
    if let Some(at) = timeline.crossed(row.selector.source(), &result.threshold.label()) {
        page.raw("<br><small>first crossed at ").text(&moments::moment(at)).raw("</small>");
    }
    let value = measured(summary, row, result).map(|(_, value)| value).unwrap_or_else(|| "–".to_owned());
    page.raw("</td>").figure(&value).raw("</tr>\n");
}

pub(super) fn goals(page: &mut Markup, summary: &Summary) {
    if summary.goals.is_empty() {
        return;
    }
    page.open_table(
        "Goals",
        "What the service should reach, and what it must not miss.",
        &["Goal", "Metric", "Target", "Critical", "Result", "#Measured"],
    );
    for row in &summary.goals {
        let (goal, outcome) = (&row.result.goal, row.result.outcome);
        let (class, mark) = match outcome {
            GoalOutcome::Met { .. } => ("good", "✓"),
            GoalOutcome::Degraded { .. } => ("unknown", "~"),
            GoalOutcome::Violated { .. } => ("bad", "✗"),
            GoalOutcome::NoData => ("unknown", "?"),
        };
        page.raw("<tr>").row_head(&goal.name).raw("<td><code>").text(goal.selector.source());
        page.raw("</code></td><td><code>").text(goal.target.source()).raw("</code></td><td><code>");
        page.text(goal.critical.source()).raw("</code></td><td class=\"").text(class).raw("\">");
        page.text(mark).raw(" ").text(outcome.as_str());
        if let Some(reason) = &row.result.no_data {
            page.raw("<br><small>").text(reason).raw("</small>");
        }
        page.raw("</td>").figure(&row.measured(summary)).raw("</tr>\n");
    }
    page.close_table();
}

pub(super) fn endpoints(page: &mut Markup, summary: &Summary) {
    if summary.endpoints.rows.is_empty() {
        return;
    }
    let caption =
        "Requests by endpoint; the one that took the most time first. The last row is the whole run.";
    let origin = summary.endpoints.origin();
    let place = if origin.is_empty() { String::new() } else { format!(" All paths are at {origin}.") };
    page.open_table(
        "Endpoints",
        &format!("{caption}{place}{}", missing(summary)),
        &[
            "Endpoint",
            "#Requests",
            "#Per second",
            "#Failed",
            "#p50",
            "#p95",
            "#p99",
            "Share of all request time",
        ],
    );
    let shown = summary.endpoints.shown(ENDPOINTS);
    for row in shown.rows.iter().chain(&shown.others) {
        endpoint(page, summary, row, false);
    }
    endpoint(page, summary, &summary.endpoints.total, true);
    page.close_table();
}

fn endpoint(page: &mut Markup, summary: &Summary, row: &Endpoint, is_total: bool) {
    let latency = |q| format::duration(row.duration.quantile(q), summary.settings.time_unit);
    page.raw(if is_total { "<tr class=\"total\">" } else { "<tr>" })
        .row_head(&row.label(summary.endpoints.origin()));
    page.figure(&format::count(row.count)).figure(&format!("{:.1}", row.rate(summary.run.duration)));
    page.raw(if row.failed > 0 { "<td class=\"n bad\">" } else { "<td class=\"n\">" });
    page.text(&format::percent(row.failed, row.judged)).raw("</td>");
    page.figure(&latency(0.5)).figure(&latency(0.95)).figure(&latency(0.99));
    let share = summary.endpoints.share(row);
    page.raw("<td class=\"share\">");
    charts::share_bar(page, share);
    page.raw("<span>").text(&format::share(share)).raw("</span></td></tr>\n");
}

/// A sentence more for captions of percentiles that lack dropped iterations.
fn missing(summary: &Summary) -> String {
    summary.missing().map_or_else(String::new, |note| format!(" The {note}."))
}

pub(super) fn latency(page: &mut Markup, summary: &Summary) {
    let total = &summary.endpoints.total;
    let shown = summary.endpoints.shown(DRAWN);
    let rows: Vec<_> =
        shown.rows.iter().chain(&shown.others).filter(|row| row.duration.count() > 0).collect();
    let Some(scale) = LogScale::of(rows.iter().map(|row| &row.duration)) else { return };
    let heads = ["Endpoint", "p50 to p99 (log)", "#min", "#p50", "#p90", "#p95", "#p99", "#p99.9", "#max"];
    let caption =
        "Request durations. Dot: median; ticks: 95th and 99th percentile; thin line: smallest to largest.";
    page.open_table("Latency", &format!("{caption}{}", missing(summary)), &heads);
    for row in rows {
        let trend = &row.duration;
        let show = |ms: f64| format::duration(ms, summary.settings.time_unit);
        page.raw("<tr>").row_head(&row.label(summary.endpoints.origin())).raw("<td>");
        charts::range_bar(page, trend, scale);
        page.raw("</td>").figure(&show(trend.min()));
        for q in [0.5, 0.9, 0.95, 0.99, 0.999] {
            page.figure(&show(trend.quantile(q)));
        }
        page.figure(&show(trend.max())).raw("</tr>\n");
    }
    page.close_table();
    charts::percentile_curve(page, &total.duration, |ms| format::duration(ms, summary.settings.time_unit));
}

pub(super) fn failures(page: &mut Markup, summary: &Summary) {
    let failures = &summary.failures;
    if failures.rows.is_empty() {
        return;
    }
    page.open_table(
        "Failed requests",
        "Requests by error code, the most frequent first, and when in the run they happened.",
        &["Code", "What happened", "#Requests", "#Share of all", "When"],
    );
    for failure in &failures.rows {
        page.raw("<tr>").row_head(&failure.code).cell(&failure.explanation());
        page.figure(&format::count(failure.count)).figure(&format::percent(failure.count, failures.requests));
        page.cell(&span(failure.first, failure.last)).raw("</tr>\n");
    }
    page.close_table();
}

pub(super) fn checks(page: &mut Markup, summary: &Summary) {
    let checks = &summary.total.checks;
    if checks.is_empty() {
        return;
    }
    page.open_table(
        "Checks",
        "Checks in the order they were first evaluated.",
        &["Check", "#Held", "#Did not", "#Share"],
    );
    let (shown, rest) = checks.split_at(checks.len().min(CHECKS));
    shown.iter().for_each(|row| check(page, row));
    if !rest.is_empty() {
        let passes = rest.iter().map(|row| row.passes).sum();
        let fails = rest.iter().map(|row| row.fails).sum();
        check(page, &CheckSummary { name: format!("({} others)", rest.len()), passes, fails });
    }
    page.close_table();
}

fn check(page: &mut Markup, check: &CheckSummary) {
    let CheckSummary { name, passes, fails } = check;
    let mark = if *fails == 0 { "✓" } else { "✗" };
    page.raw("<tr>").row_head(&format!("{mark} {name}"));
    page.figure(&format::count(*passes));
    page.raw(if *fails > 0 { "<td class=\"n bad\">" } else { "<td class=\"n\">" })
        .text(&format::count(*fails));
    page.raw("</td>").figure(&format::percent(*passes, passes + fails)).raw("</tr>\n");
}

pub(super) fn metrics(page: &mut Markup, summary: &Summary) {
    section(page, summary, &summary.total, ["Distributions", "Counters, rates and gauges"]);
}

/// What was recorded in the warm-up; nothing when there was none.
pub(super) fn warm_up(page: &mut Markup, summary: &Summary) {
    if let Some(warm_up) = &summary.warm_up {
        let titles = ["Warm-up: distributions", "Warm-up: counters, rates and gauges"];
        section(page, summary, warm_up, titles);
    }
}

fn section(page: &mut Markup, summary: &Summary, section: &Section, titles: [&str; 2]) {
    let trends: Vec<_> =
        section.metrics.iter().filter(|metric| matches!(metric.sink, Sink::Trend(_))).collect();
    if !trends.is_empty() {
        let stats: Vec<String> = summary.settings.trend_stats.iter().map(|stat| format!("#{stat}")).collect();
        let heads: Vec<&str> =
            ["Metric", "#samples"].into_iter().chain(stats.iter().map(String::as_str)).collect();
        page.open_table(
            titles[0],
            "Every metric of type trend, with the parts that thresholds look at.",
            &heads,
        );
        trends
            .iter()
            .for_each(|metric| each_part(metric, |name, sink| trend(page, summary, metric, name, sink)));
        page.close_table();
    }
    let others: Vec<_> =
        section.metrics.iter().filter(|metric| !matches!(metric.sink, Sink::Trend(_))).collect();
    if !others.is_empty() {
        let heads = ["Metric", "#Value", "#Details"];
        page.open_table(titles[1], "Every other metric of the run.", &heads);
        for metric in &others {
            each_part(metric, |name, sink| other(page, summary, section.duration, metric, name, sink));
        }
        page.close_table();
    }
}

/// The metric itself, then its sub-metrics.
fn each_part(metric: &MetricSummary, mut render: impl FnMut(&str, &Sink)) {
    render(&metric.name, &metric.sink);
    for part in &metric.submetrics {
        render(&format!("{} {{ {} }}", metric.name, part.suffix), &part.sink);
    }
}

fn trend(page: &mut Markup, summary: &Summary, metric: &MetricSummary, name: &str, sink: &Sink) {
    let Sink::Trend(trend) = sink else { return };
    page.raw("<tr>").row_head(name).figure(&format::count(trend.count()));
    for stat in &summary.settings.trend_stats {
        let unit = summary.settings.time_unit;
        let text = crate::text::trend_stat(trend, stat, metric.contains, unit);
        page.figure(if sink.is_empty() { "–" } else { &text });
    }
    page.raw("</tr>\n");
}

fn other(
    page: &mut Markup,
    summary: &Summary,
    elapsed: Duration,
    metric: &MetricSummary,
    name: &str,
    sink: &Sink,
) {
    let show = |value| format::value(value, metric.contains, summary.settings.time_unit);
    let (value, details) = match sink {
        _ if sink.is_empty() => ("–".to_owned(), "no data".to_owned()),
        Sink::Counter(counter) => (show(counter.sum), format!("{}/s", show(counter.per_second(elapsed)))),
        Sink::Gauge(gauge) => (show(gauge.last), format!("{} to {}", show(gauge.min), show(gauge.max))),
        Sink::Rate(rate) => {
            let details = format!("{} of {}", format::count(rate.nonzero), format::count(rate.total));
            (format::percent(rate.nonzero, rate.total), details)
        }
        Sink::Trend(_) => return,
    };
    page.raw("<tr>").row_head(name).figure(&value).figure(&details).raw("</tr>\n");
}
