//! The check block and the metric rows of a section.

use std::time::Duration;

use plimsoll_metrics::{Sink, ValueKind};
use plimsoll_plan::options::keyword::{SummaryMode, TimeUnit};
use plimsoll_plan::options::reporting::TrendStat;

use super::layout::{Mark, Page, padding, width};
use super::like_k6;
use crate::format;
use crate::model::Summary;
use crate::section::{CheckSummary, MetricSummary, Section};

/// Headings in order, with the beginnings of the names that belong under them. The first that fits takes a
/// metric, so the longer beginning stands before the shorter.
const CATEGORIES: [(&str, &[&str]); 8] = [
    ("CUSTOM", &[]),
    ("HTTP", &["http_"]),
    ("EXECUTION", &["iteration", "vus", "dropped_iterations", "generator_delay"]),
    ("NETWORK", &["data_sent", "data_received"]),
    ("BROWSER", &["browser_"]),
    ("WEB_VITALS", &["browser_web_vital_"]),
    ("GRPC", &["grpc_"]),
    ("WEBSOCKET", &["ws_"]),
];

/// Shown in other ways.
const NEVER_SHOWN: [&str; 2] = ["checks", "group_duration"];

/// Left out unless the summary is full.
const DETAILS: [&str; 6] = [
    "http_req_blocked",
    "http_req_connecting",
    "http_req_receiving",
    "http_req_sending",
    "http_req_tls_handshaking",
    "http_req_waiting",
];

/// One printed row: a metric or a sub-metric.
struct Row<'a> {
    label: String,
    values: Values<'a>,
}

enum Values<'a> {
    /// One for each statistic.
    Trend(Vec<(&'a TrendStat, String)>),
    /// The value, and what stands beside it.
    Other(String, Vec<String>),
}

/// Column widths of all rows of a section.
#[derive(Default)]
struct Widths {
    label: usize,
    value: usize,
    extras: Vec<usize>,
    stats: Vec<usize>,
}

/// Everything of a section below its title.
pub(super) fn section(page: &mut Page, summary: &Summary, section: &Section, indent: usize) {
    checks(page, section, indent);
    let shown: Vec<_> =
        section.metrics.iter().filter(|metric| is_shown(metric, summary.settings.mode)).collect();
    let rows: Vec<_> = shown.iter().flat_map(|metric| rows(metric, summary, section.duration)).collect();
    let widths = Widths::of(&rows);
    for (heading, _) in CATEGORIES {
        let of_heading: Vec<_> = shown.iter().filter(|metric| category(&metric.name) == heading).collect();
        if of_heading.is_empty() {
            continue;
        }
        let heading = page.bold(heading);
        page.line(indent, &heading);
        for metric in of_heading {
            for row in self::rows(metric, summary, section.duration) {
                let text = widths.render(page, &row);
                page.line(indent, &text);
            }
        }
        page.blank();
    }
}

fn is_shown(metric: &MetricSummary, mode: SummaryMode) -> bool {
    match mode {
        SummaryMode::Full => !NEVER_SHOWN.contains(&&*metric.name),
        _ => is_shown_in_compact(&metric.name),
    }
}

/// Whether a metric has a row in a compact summary.
pub(crate) fn is_shown_in_compact(name: &str) -> bool {
    !NEVER_SHOWN.contains(&name) && !DETAILS.contains(&name)
}

fn category(name: &str) -> &'static str {
    let longest = CATEGORIES
        .iter()
        .flat_map(|(heading, prefixes)| prefixes.iter().map(move |prefix| (prefix.len(), *prefix, *heading)))
        .filter(|(_, prefix, _)| name.starts_with(prefix))
        .max();
    longest.map_or(CATEGORIES[0].0, |(_, _, heading)| heading)
}

fn rows<'a>(metric: &'a MetricSummary, summary: &'a Summary, elapsed: Duration) -> Vec<Row<'a>> {
    let row = |label, sink| Row { label, values: values(sink, metric.contains, summary, elapsed) };
    let main = row(metric.name.to_string(), &metric.sink);
    let parts = metric.submetrics.iter().map(|part| row(format!("  {{ {} }}", part.suffix), &part.sink));
    std::iter::once(main).chain(parts).collect()
}

fn values<'a>(sink: &Sink, contains: ValueKind, summary: &'a Summary, elapsed: Duration) -> Values<'a> {
    let unit = summary.settings.time_unit;
    let show = |value| format::value(value, contains, unit);
    if sink.is_empty() && !like_k6(summary) {
        return Values::Other("no data".to_owned(), Vec::new());
    }
    match sink {
        Sink::Counter(counter) => {
            let per_second = counter.per_second(elapsed);
            Values::Other(show(counter.sum), vec![format!("{}/s", show(per_second))])
        }
        Sink::Gauge(gauge) => Values::Other(
            show(gauge.last),
            vec![format!("min={}", show(gauge.min)), format!("max={}", show(gauge.max))],
        ),
        Sink::Rate(rate) => Values::Other(
            format::percent(rate.nonzero, rate.total),
            vec![format!("{} out of {}", rate.nonzero, rate.total)],
        ),
        Sink::Trend(trend) => {
            let stats = &summary.settings.trend_stats;
            Values::Trend(stats.iter().map(|stat| (stat, trend_stat(trend, stat, contains, unit))).collect())
        }
    }
}

/// One statistic of a trend as text.
pub(crate) fn trend_stat(
    trend: &plimsoll_metrics::Trend,
    stat: &TrendStat,
    contains: ValueKind,
    unit: TimeUnit,
) -> String {
    match crate::json::trend_value(trend, stat) {
        count if *stat == TrendStat::Count => format::number(count),
        value => format::value(value, contains, unit),
    }
}

impl Widths {
    fn of(rows: &[Row<'_>]) -> Self {
        let mut widths = Self::default();
        for row in rows {
            widths.label = widths.label.max(width(&row.label));
            match &row.values {
                Values::Trend(stats) => {
                    let texts = stats.iter().map(|(_, text)| text);
                    widen(&mut widths.stats, texts);
                }
                Values::Other(value, extras) => {
                    widths.value = widths.value.max(width(value));
                    widen(&mut widths.extras, extras.iter());
                }
            }
        }
        widths
    }

    fn render(&self, page: &Page, row: &Row<'_>) -> String {
        let label = label(page, &row.label, self.label);
        match &row.values {
            Values::Trend(stats) => {
                let columns = stats.iter().zip(&self.stats).map(|((stat, text), columns)| {
                    format!("{stat}={}{}", page.value(text), padding(text, *columns))
                });
                format!("{label} {}", columns.collect::<Vec<_>>().join(" "))
            }
            Values::Other(value, extras) => {
                if extras.is_empty() {
                    return format!("{label} {}", page.value(value));
                }
                let value = format!("{}{}", page.value(value), padding(value, self.value));
                format!("{label} {value} {}", self.extras(page, extras))
            }
        }
    }

    /// A single extra ends the line; several are columns, and the last keeps its blanks, as in k6.
    fn extras(&self, page: &Page, extras: &[String]) -> String {
        if let [only] = extras {
            return page.extra(only);
        }
        let columns = extras.iter().zip(&self.extras);
        let columns =
            columns.map(|(text, columns)| format!("{}{}", page.extra(text), padding(text, *columns)));
        columns.collect::<Vec<_>>().join(" ")
    }
}

fn widen<'a>(columns: &mut Vec<usize>, texts: impl Iterator<Item = &'a String>) {
    for (n, text) in texts.enumerate() {
        if n == columns.len() {
            columns.push(0);
        }
        columns[n] = columns[n].max(width(text));
    }
}

/// A name, and dots so that the longest name gets three.
fn label(page: &Page, name: &str, columns: usize) -> String {
    let dots = ".".repeat(columns + 3 - width(name).min(columns));
    format!("{name}{}", page.faint(&format!("{dots}:")))
}

fn checks(page: &mut Page, section: &Section, indent: usize) {
    if section.checks.is_empty() {
        return;
    }
    let (all, passed) = section.check_totals();
    let elapsed = section.duration.as_secs_f64();
    let per_second = if elapsed > 0.0 { all as f64 / elapsed } else { 0.0 };
    let failed = all - passed;
    let share = |part| (format::percent(part, all), format!("{part} out of {all}"));
    let rows = [
        ("checks_total", (all.to_string(), format!("{}/s", format::number(per_second)))),
        ("checks_succeeded", share(passed)),
        ("checks_failed", share(failed)),
    ];
    let rows = rows.map(|(name, (value, extra))| Row {
        label: name.to_owned(),
        values: Values::Other(value, vec![extra]),
    });
    let widths = Widths::of(&rows);
    for row in &rows {
        let text = widths.render(page, row);
        page.line(indent, &text);
    }
    page.blank();
    section.checks.iter().for_each(|row| check(page, row, indent));
    page.blank();
}

fn check(page: &mut Page, check: &CheckSummary, indent: usize) {
    let CheckSummary { name, passes, fails } = check;
    if *fails == 0 {
        let mark = page.mark(Mark::Good);
        return page.line(indent, &format!("{mark} {name}"));
    }
    let line = format!("{} {name}", page.mark(Mark::Bad));
    page.line(indent, &line);
    let percent = format::whole_percent(*passes, passes + fails);
    let detail =
        format!("↳  {percent}% — {} {passes} / {} {fails}", page.mark(Mark::Good), page.mark(Mark::Bad));
    page.line(indent + 2, &detail);
}
