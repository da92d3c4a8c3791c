//! What k6 does not print: endpoints, failed requests, notes and the verdict.

use std::time::Duration;

use super::layout::{Mark, Page, padding, width};
use super::validity;
use crate::endpoints::Endpoint;
use crate::failures::Failure;
use crate::format;
use crate::model::Summary;
use crate::verdict::{Failing, Verdict};

/// Rows of the table of failed requests.
const FAILURES: usize = 10;

/// Where a table's column puts its text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

/// The per-endpoint table; nothing when there was no HTTP request.
pub(super) fn endpoints(page: &mut Page, summary: &Summary, limit: usize) {
    if summary.endpoints.rows.is_empty() {
        return;
    }
    page.title("ENDPOINTS");
    let shown = summary.endpoints.shown(limit);
    let mut rows: Vec<_> = shown.rows.iter().map(|row| endpoint(summary, row)).collect();
    rows.extend(shown.others.iter().map(|row| endpoint(summary, row)));
    rows.push(endpoint(summary, &summary.endpoints.total));
    let origin = summary.endpoints.origin();
    let first = if origin.is_empty() { "endpoint".to_owned() } else { format!("endpoint at {origin}") };
    let heads = [first.as_str(), "requests", "rate", "failed", "p50", "p95", "p99", "time"];
    table(page, &heads.map(str::to_owned), &rows, summary.missing());
}

fn endpoint(summary: &Summary, row: &Endpoint) -> [String; 8] {
    let latency = |q| format::duration(row.duration.quantile(q), summary.settings.time_unit);
    [
        short(&row.label(summary.endpoints.origin())),
        format::count(row.count),
        format!("{:.1}/s", row.rate(summary.run.duration)),
        format::percent(row.failed, row.judged),
        latency(0.5),
        latency(0.95),
        latency(0.99),
        format::share(summary.endpoints.share(row)),
    ]
}

/// Names as long as a line would push the numbers out of sight: their middle is left out, because both ends
/// tell them apart.
fn short(label: &str) -> String {
    const LONGEST: usize = 80;
    let letters: Vec<char> = label.chars().collect();
    if letters.len() <= LONGEST {
        return label.to_owned();
    }
    let (head, tail) = (&letters[..LONGEST / 2], &letters[letters.len() - (LONGEST / 2 - 1)..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// Failed requests by error code; nothing when none failed.
pub(super) fn failures(page: &mut Page, summary: &Summary) {
    let failures = &summary.failures;
    if failures.rows.is_empty() {
        return;
    }
    page.title("FAILED REQUESTS");
    let (shown, rest) = failures.rows.split_at(failures.rows.len().min(FAILURES));
    let row = |failure: &Failure| {
        let Failure { code, count, first, last, .. } = failure;
        [
            code.clone(),
            failure.explanation(),
            format::count(*count),
            format::percent(*count, failures.requests),
            span(*first, *last),
        ]
    };
    let mut rows: Vec<_> = shown.iter().map(row).collect();
    if !rest.is_empty() {
        let count = rest.iter().map(|failure| failure.count).sum();
        let label = format!("({} others)", rest.len());
        let share = format::percent(count, failures.requests);
        rows.push([label, String::new(), format::count(count), share, String::new()]);
    }
    let heads = ["code", "what", "requests", "share", "when"].map(str::to_owned);
    table(page, &heads, &rows, None);
}

/// The part of the run in which something happened.
pub(crate) fn span(first: Duration, last: Duration) -> String {
    let (first, last) = (format::moment(first), format::moment(last));
    if first == last { format!("at {first}") } else { format!("{first} to {last}") }
}

/// Rows under headings, and a line below them. The first column is text, the others are numbers unless their
/// values do not look like it.
fn table<const N: usize>(page: &mut Page, heads: &[String; N], rows: &[[String; N]], foot: Option<String>) {
    let columns: [usize; N] = std::array::from_fn(|n| {
        rows.iter().map(|row| width(&row[n])).chain([width(&heads[n])]).max().unwrap_or_default()
    });
    let align: [Align; N] = std::array::from_fn(|n| match heads[n].as_str() {
        "what" | "when" => Align::Left,
        _ if n == 0 => Align::Left,
        _ => Align::Right,
    });
    let heading = cells(heads, &columns, &align);
    let heading = page.faint(&heading);
    page.line(4, &heading);
    for row in rows {
        page.line(4, &cells(row, &columns, &align));
    }
    if let Some(foot) = foot {
        let foot = page.faint(&foot);
        page.line(4, &foot);
    }
    page.blank();
}

fn cells<const N: usize>(row: &[String; N], columns: &[usize; N], align: &[Align; N]) -> String {
    let mut line = String::new();
    for n in 0..N {
        let blanks = padding(&row[n], columns[n]);
        let (before, behind) =
            if align[n] == Align::Left { ("", blanks.as_str()) } else { (blanks.as_str(), "") };
        line.push_str(if n == 0 { "" } else { "  " });
        line.push_str(before);
        line.push_str(&row[n]);
        line.push_str(behind);
    }
    line.truncate(line.trim_end().len());
    line
}

/// The verdict, the thresholds and goals that led to it, and what to know before trusting the numbers.
pub(super) fn verdict(page: &mut Page, summary: &Summary) {
    page.title("VERDICT");
    validity::line(page, summary);
    let mark = match summary.verdict() {
        Verdict::Passed => Mark::Good,
        Verdict::Failed => Mark::Bad,
        Verdict::Incomplete | Verdict::Unjudged => Mark::Unknown,
    };
    let headline = format!("{} {}", page.mark(mark), page.bold(&summary.headline()));
    page.line(4, &headline);
    for failing in Failing::all(summary) {
        let (lacks_data, line) = match &failing {
            Failing::Threshold { lacks_data, .. } => (*lacks_data, failing.to_string()),
            // Each stands in the table of goals, under no other name.
            Failing::Goal { name, measured, lacks_data } => (*lacks_data, format!("{name}: {measured}")),
        };
        let mark = page.mark(if lacks_data { Mark::Unknown } else { Mark::Bad });
        page.line(6, &format!("{mark} {line}"));
    }
    page.blank();
    let notes = summary.notes();
    for note in &notes {
        page.line(4, &format!("! {note}"));
    }
    if !notes.is_empty() {
        page.blank();
    }
}
