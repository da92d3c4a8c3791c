//! What happened when: curves, the heat map, and the same numbers as tables.

use std::time::Duration;

use plimsoll_plan::options::keyword::TimeUnit;

use super::heat::{self, Band};
use super::markup::Markup;
use super::plot::{Curve, Plot};
use crate::format;
use crate::model::Summary;
use crate::timeline::{Span, Timeline};

/// Rows of a table beside a chart.
const ROWS: usize = 60;
/// Columns and rows of the heat map.
const COLUMNS: usize = 60;
const BANDS: usize = 24;
/// Error codes that are drawn one by one.
const CODES: usize = 5;
/// Beyond this ratio of largest to smallest, a linear axis hides the smaller ones.
const LOGARITHMIC_FROM: f64 = 25.0;

/// Everything over time; nothing when nothing was seen of the run.
pub(super) fn all(page: &mut Markup, summary: &Summary, timeline: &Timeline) {
    if timeline.spans().is_empty() {
        return;
    }
    let labels: Vec<String> = timeline.spans().iter().map(|span| clock(span.start)).collect();
    if timeline.has_requests() {
        latency(page, summary, timeline, &labels);
        heat(page, timeline);
        requests(page, timeline, &labels);
    }
    users(page, timeline, &labels);
    scenarios(page, timeline);
}

const QUANTILES: [(f64, &str); 4] = [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99")];

fn latency(page: &mut Markup, summary: &Summary, timeline: &Timeline, labels: &[String]) {
    let of = |q| move |span: &Span| (span.requests.count() > 0).then(|| span.requests.quantile(q));
    let values = |q| timeline.spans().iter().map(of(q));
    let ends = QUANTILES.iter().flat_map(|(q, _)| values(*q)).flatten().filter(|ms| *ms > 0.0);
    let Some((low, high)) = ends.map(|ms| (ms, ms)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return;
    };
    let is_logarithmic = high / low > LOGARITHMIC_FROM;
    let (unit, per_ms) = unit(high);
    let floor = |ms: f64| if is_logarithmic { ms.max(low) } else { ms };
    let curve = |(q, name): &(f64, &str)| Curve {
        name: (*name).to_owned(),
        values: values(*q).map(|ms| ms.map(|ms| floor(ms) * per_ms)).collect(),
    };
    let curves = QUANTILES.iter().map(curve).collect();
    let axis = if is_logarithmic { ", on a logarithmic axis" } else { "" };
    open(page, "Latency over time", &format!("Percentiles of the request durations of each moment{axis}."));
    let title = "Request durations over time: p50, p90, p95 and p99";
    Plot { title, labels, curves, unit, is_logarithmic, is_stacked: false, is_stepped: false }.draw(page);
    let heads = ["From", "#Requests", "#p50", "#p90", "#p95", "#p99", "#max"];
    values_of(page, "Latency over time: values", timeline, &heads, |page, span| {
        page.figure(&format::count(span.count));
        let show = |ms| duration(span, ms, summary.settings.time_unit);
        QUANTILES.iter().for_each(|(q, _)| {
            page.figure(&show(span.requests.quantile(*q)));
        });
        page.figure(&show(span.requests.max()));
    });
    close(page);
}

fn duration(span: &Span, ms: f64, unit: TimeUnit) -> String {
    if span.requests.count() == 0 { "–".to_owned() } else { format::duration(ms, unit) }
}

/// The unit for an axis that reaches so far, and what milliseconds are multiplied with.
fn unit(high_ms: f64) -> (&'static str, f64) {
    match high_ms {
        high if high >= 10_000.0 => ("s", 0.001),
        high if high >= 2.0 => ("ms", 1.0),
        _ => ("µs", 1_000.0),
    }
}

fn heat(page: &mut Markup, timeline: &Timeline) {
    let columns = gathered(timeline, COLUMNS);
    let ends = columns.iter().filter(|span| span.requests.max() > 0.0);
    let ends = ends.map(|span| (span.requests.quantile(0.001), span.requests.max()));
    let Some((low, high)) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return };
    if high.is_infinite() {
        // Bands of an axis without an end would have no width.
        return;
    }
    // Six decades are more than a reader can tell apart.
    let low = low.max(high / 1e6);
    let step = ((high / low).ln() / BANDS as f64).max(0.02);
    let band = |ms: f64| (((ms / low).ln() / step).max(0.0) as usize).min(BANDS - 1);
    let name = |row: usize| match row % 4 {
        0 => rounded(low * (row as f64 * step).exp()),
        _ => String::new(),
    };
    let empty = |row| Band { label: name(row), counts: vec![0; columns.len()] };
    let mut bands: Vec<_> = (0..BANDS).map(empty).collect();
    for (column, span) in columns.iter().enumerate() {
        bands[0].counts[column] += span.requests.zeros();
        for bucket in span.requests.positive_buckets() {
            bands[band(bucket.upper)].counts[column] += bucket.count;
        }
    }
    let labels: Vec<String> = columns.iter().map(|span| clock(span.start)).collect();
    open(
        page,
        "Latency heat map",
        "How many requests took how long, on a logarithmic axis: each column is a moment of the run.",
    );
    heat::draw(page, "Number of requests by time and duration", &labels, &bands);
    close(page);
}

/// A duration for an axis: two digits are enough.
fn rounded(ms: f64) -> String {
    let magnitude = 10f64.powf(ms.log10().floor() - 1.0);
    format::duration((ms / magnitude).round() * magnitude, TimeUnit::Auto)
}

fn requests(page: &mut Markup, timeline: &Timeline, labels: &[String]) {
    let per_second = |count: &dyn Fn(&Span) -> f64| -> Vec<Option<f64>> {
        timeline.spans().iter().map(|span| Some(span.per_second(count(span)))).collect()
    };
    let plain = |title, curves, is_stacked| Plot {
        title,
        labels,
        curves,
        unit: "/s",
        is_logarithmic: false,
        is_stacked,
        is_stepped: false,
    };
    open(page, "Requests over time", "Requests a second that ended, whatever came of them.");
    let rate = Curve { name: "requests".to_owned(), values: per_second(&|span| span.count as f64) };
    plain("Requests per second over time", vec![rate], true).draw(page);
    let codes = timeline.codes();
    if !codes.is_empty() {
        let count = |span: &Span, code: &str| {
            span.errors.iter().find(|(known, _)| known == code).map_or(0, |(_, count)| *count) as f64
        };
        let mut curves: Vec<Curve> = codes
            .iter()
            .take(CODES)
            .map(|(code, _)| Curve { name: code.clone(), values: per_second(&|span| count(span, code)) })
            .collect();
        if codes.len() > CODES {
            let rest = |span: &Span| codes[CODES..].iter().map(|(code, _)| count(span, code)).sum();
            curves.push(Curve {
                name: format!("{} other codes", codes.len() - CODES),
                values: per_second(&rest),
            });
        }
        page.raw(
            "<p class=\"says\">Failed requests a second by error code; the table of failed requests says ",
        );
        page.raw("what the codes mean.</p>\n");
        if curves.len() == 1 {
            page.raw("<p class=\"says\">The only code is <code>").text(&curves[0].name).raw("</code>.</p>\n");
        }
        plain("Failed requests per second over time, by error code", curves, true).draw(page);
    }
    let heads = ["From", "#Requests", "#Per second", "#Failed"];
    values_of(page, "Requests over time: values", timeline, &heads, |page, span| {
        page.figure(&format::count(span.count));
        page.figure(&format!("{:.1}", span.per_second(span.count as f64)));
        page.figure(&format::count(span.failed()));
    });
    close(page);
}

fn users(page: &mut Markup, timeline: &Timeline, labels: &[String]) {
    let curve = |name: &str, value: &dyn Fn(&Span) -> f64| Curve {
        name: name.to_owned(),
        values: timeline.spans().iter().map(|span| Some(value(span))).collect(),
    };
    let stepped = |title, curves, unit| Plot {
        title,
        labels,
        curves,
        unit,
        is_logarithmic: false,
        is_stacked: false,
        is_stepped: true,
    };
    open(page, "Virtual users", "VUs that were active.");
    stepped("Active VUs over time", vec![curve("active VUs", &|span| f64::from(span.vus))], "").draw(page);
    let is_planned = timeline.spans().iter().any(|span| span.planned > 0.0 || span.dropped > 0);
    if is_planned {
        page.raw("<p class=\"says\">Iterations a second: what arrival rates planned, what was started, ");
        page.raw("and what could not be started for lack of free VUs.</p>\n");
        let curves = vec![
            curve("started", &|span| span.per_second(span.started as f64)),
            curve("planned", &|span| span.per_second(span.planned)),
            curve("dropped", &|span| span.per_second(span.dropped as f64)),
        ];
        stepped("Iterations per second over time: started, planned and dropped", curves, "/s").draw(page);
    }
    let heads = ["From", "#Active VUs", "#Iterations started", "#Planned", "#Dropped"];
    values_of(page, "Virtual users: values", timeline, &heads, |page, span| {
        page.figure(&span.vus.to_string()).figure(&format::count(span.started));
        page.figure(&if is_planned { format!("{:.0}", span.planned) } else { "–".to_owned() });
        page.figure(&format::count(span.dropped));
    });
    close(page);
}

fn scenarios(page: &mut Markup, timeline: &Timeline) {
    let whole = timeline.scenarios.iter().map(|scenario| scenario.start + scenario.length).max();
    let Some(whole) = whole.map(|whole| whole.max(timeline.end()).as_secs_f64()).filter(|whole| *whole > 0.0)
    else {
        return;
    };
    let heads = ["Scenario", "Executor", "#From", "#To", "When"];
    page.open_table("Scenarios over time", "When which scenario ran, from the start of the test.", &heads);
    for scenario in &timeline.scenarios {
        let end = scenario.start + scenario.length;
        page.raw("<tr>").row_head(&scenario.name).cell(&scenario.executor);
        page.figure(&clock(scenario.start)).figure(&clock(end)).raw("<td class=\"when\">");
        page.raw(
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        );
        page.raw(
            "<rect class=\"track\" width=\"100\" height=\"10\"/><rect class=\"fill\" height=\"10\" x=\"",
        );
        page.number(scenario.start.as_secs_f64() / whole * 100.0).raw("\" width=\"");
        page.number((scenario.length.as_secs_f64() / whole * 100.0).max(0.5)).raw("\"/></svg></td></tr>\n");
    }
    page.close_table();
}

fn open(page: &mut Markup, heading: &str, says: &str) {
    page.raw("<section>\n<h2>")
        .text(heading)
        .raw("</h2>\n<div class=\"chart\">\n<p class=\"says\">")
        .text(says);
    page.raw("</p>\n");
}

fn close(page: &mut Markup) {
    page.raw("</div>\n</section>\n");
}

/// The numbers behind a chart, folded up; on paper they are left out.
fn values_of(
    page: &mut Markup,
    name: &str,
    timeline: &Timeline,
    heads: &[&str],
    row: impl Fn(&mut Markup, &Span),
) {
    page.raw("<details><summary>Values</summary>\n");
    page.open_plain_table(name, heads);
    for span in gathered(timeline, ROWS) {
        page.raw("<tr>").row_head(&clock(span.start));
        row(page, &span);
        page.raw("</tr>\n");
    }
    page.close_plain_table();
    page.raw("</details>\n");
}

/// The spans as at most so many, neighbours merged.
fn gathered(timeline: &Timeline, most: usize) -> Vec<Span> {
    let each = timeline.spans().len().div_ceil(most).max(1);
    let merged = timeline.spans().chunks(each).map(|chunk| {
        let mut span = chunk[0].clone();
        chunk[1..].iter().for_each(|next| span.merge(next));
        span
    });
    merged.collect()
}

/// `1:05`, or `1:00:05` from an hour on.
fn clock(moment: Duration) -> String {
    let seconds = moment.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// When something was, for a sentence.
pub(super) fn moment(at: Duration) -> String {
    clock(at)
}
