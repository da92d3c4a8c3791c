//! The result as Markdown: a comment on a pull request, the summary of a job.
//!
//! Verdict, thresholds and goals are seen at once, the rest on a click. What comes from scripts and servers
//! is escaped: it makes no markup.

use std::fmt::{self, Write as _};

use plimsoll_metrics::Outcome;

use crate::endpoints::Endpoint;
use crate::format;
use crate::model::Summary;
use crate::text::span;
use crate::verdict::{Verdict, measurement};

/// More rows make a comment that nobody reads.
const ENDPOINTS: usize = 20;
const FAILURES: usize = 10;

/// The result as Markdown.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut text = String::new();
    head(&mut text, summary);
    thresholds(&mut text, summary);
    goals(&mut text, summary);
    endpoints(&mut text, summary);
    folded(&mut text, "Failed requests", &failures(summary));
    folded(&mut text, "Checks", &checks(summary));
    folded(&mut text, "Metrics", &metrics(summary));
    text
}

fn put(text: &mut String, line: impl fmt::Display) {
    writeln!(text, "{line}").expect("a String");
}

fn head(text: &mut String, summary: &Summary) {
    let mark = match summary.verdict() {
        Verdict::Passed => "✅",
        Verdict::Failed => "❌",
        Verdict::Incomplete => "⚠️",
        Verdict::Unjudged => "⚪",
    };
    put(text, format_args!("## {mark} Load test {}\n", escaped(&summary.headline())));
    let run = &summary.run;
    let total = &summary.endpoints.total;
    let mut facts = vec![code(&run.script), escaped(&run.started), format::moment(run.duration)];
    if total.count > 0 {
        facts.push(format!(
            "{} at {:.1}/s",
            format::counted(total.count, "request"),
            total.rate(run.duration)
        ));
        facts.push(format!("{} failed", format::percent(total.failed, total.judged)));
    }
    facts.retain(|fact| !fact.is_empty());
    put(text, format_args!("{}\n", facts.join(" · ")));
    if let Some(validity) = &run.validity {
        put(text, format_args!("**{}**\n", escaped(&validity.headline())));
    }
    let mut notes = summary.notes();
    if summary.total.is_empty() {
        notes.insert(0, "no samples were recorded: the run measured nothing".to_owned());
    }
    if !notes.is_empty() {
        put(text, "> [!WARNING]");
        notes.iter().for_each(|note| put(text, format_args!("> - {}", escaped(note))));
        put(text, "");
    }
}

fn thresholds(text: &mut String, summary: &Summary) {
    if summary.thresholds.is_empty() {
        return;
    }
    put(text, "### Thresholds\n\n|  | metric | threshold | measured |\n|---|---|---|---|");
    for row in &summary.thresholds {
        for result in &row.results {
            let mark = match result.outcome {
                Outcome::NoData { .. } if result.outcome.fails(summary.no_data) => "❔",
                outcome if outcome.fails(summary.no_data) => "❌",
                _ => "✅",
            };
            let (metric, threshold) = (code(row.selector.source()), code(&result.threshold.label()));
            put(
                text,
                format_args!(
                    "| {mark} | {metric} | {threshold} | {} |",
                    escaped(&measurement(summary, row, result))
                ),
            );
        }
    }
    put(text, "");
}

fn goals(text: &mut String, summary: &Summary) {
    if summary.goals.is_empty() {
        return;
    }
    put(text, "### Goals\n\n|  | goal | target | critical | measured |\n|---|---|---|---|---|");
    for row in &summary.goals {
        let goal = &row.result.goal;
        let mark = match row.result.outcome.as_str() {
            "met" => "✅",
            "degraded" => "⚠️",
            "violated" => "❌",
            _ => "❔",
        };
        let (name, target, critical) =
            (escaped(&goal.name), code(goal.target.source()), code(goal.critical.source()));
        let measured = escaped(&row.measured(summary));
        put(text, format_args!("| {mark} | {name} | {target} | {critical} | {measured} |"));
    }
    put(text, "");
}

fn endpoints(text: &mut String, summary: &Summary) {
    if summary.endpoints.rows.is_empty() {
        return;
    }
    let shown = summary.endpoints.shown(ENDPOINTS);
    let origin = summary.endpoints.origin();
    let at = if origin.is_empty() { String::new() } else { format!(" at {}", escaped(origin)) };
    put(text, format_args!("### Endpoints{at}\n"));
    put(text, "| endpoint | requests | rate | failed | p50 | p95 | p99 |\n|---|--:|--:|--:|--:|--:|--:|");
    for row in shown.rows.iter().chain(shown.others.as_ref()).chain([&summary.endpoints.total]) {
        put(text, endpoint(summary, row, origin));
    }
    if let Some(missing) = summary.missing() {
        put(text, format_args!("\n{}", escaped(&missing)));
    }
    put(text, "");
}

fn endpoint(summary: &Summary, row: &Endpoint, origin: &str) -> String {
    let latency = |q| format::duration(row.duration.quantile(q), summary.settings.time_unit);
    format!(
        "| {} | {} | {:.1}/s | {} | {} | {} | {} |",
        code(&row.label(origin)),
        format::count(row.count),
        row.rate(summary.run.duration),
        format::percent(row.failed, row.judged),
        latency(0.5),
        latency(0.95),
        latency(0.99)
    )
}

fn failures(summary: &Summary) -> String {
    let rows = &summary.failures.rows;
    let mut text = String::new();
    if rows.is_empty() {
        return text;
    }
    put(&mut text, "| code | what | requests | when |\n|---|---|--:|---|");
    for row in rows.iter().take(FAILURES) {
        let (what, when) = (escaped(&row.explanation()), span(row.first, row.last));
        put(
            &mut text,
            format_args!("| {} | {what} | {} | {when} |", escaped(&row.code), format::count(row.count)),
        );
    }
    if rows.len() > FAILURES {
        let count = rows[FAILURES..].iter().map(|row| row.count).sum();
        put(&mut text, format_args!("| | {} others | {} | |", rows.len() - FAILURES, format::count(count)));
    }
    text
}

fn checks(summary: &Summary) -> String {
    let mut text = String::new();
    if summary.total.checks.is_empty() {
        return text;
    }
    put(&mut text, "|  | check | passed | failed |\n|---|---|--:|--:|");
    for check in &summary.total.checks {
        let mark = if check.fails == 0 { "✅" } else { "❌" };
        let (passes, fails) = (format::count(check.passes), format::count(check.fails));
        put(&mut text, format_args!("| {mark} | {} | {passes} | {fails} |", escaped(&check.name)));
    }
    text
}

fn metrics(summary: &Summary) -> String {
    let mut text = String::new();
    if summary.total.metrics.is_empty() {
        return text;
    }
    put(&mut text, "| metric | values |\n|---|---|");
    for metric in &summary.total.metrics {
        let value = |(name, value): (String, f64)| format!("{name}={}", shown(value, &name, metric, summary));
        let values: Vec<String> =
            crate::json::figures(summary, &metric.sink).into_iter().map(value).collect();
        put(&mut text, format_args!("| {} | {} |", code(&metric.name), values.join(" ")));
    }
    text
}

fn shown(value: f64, name: &str, metric: &crate::section::MetricSummary, summary: &Summary) -> String {
    use plimsoll_metrics::ValueKind;
    let is_count = matches!(name, "count" | "passes" | "fails") && metric.contains != ValueKind::Data;
    let is_plain = is_count && value.is_finite();
    match metric.contains {
        _ if is_plain => format::count(value as u64),
        ValueKind::Time => format::duration(value, summary.settings.time_unit),
        ValueKind::Data => format::bytes(value),
        ValueKind::Default => format::number(value),
    }
}

fn folded(text: &mut String, title: &str, content: &str) {
    if !content.is_empty() {
        put(text, format_args!("<details><summary>{title}</summary>\n\n{content}\n</details>\n"));
    }
}

/// Text that stays text, in a cell of a table too.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A person or a team of that name would be notified.
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Text between backticks, with as many of them as it takes. A cell's border inside has to be escaped even
/// there.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_makes_markup() {
        assert_eq!(escaped("<b>|@team [x](y)\n"), "&lt;b&gt;\\|&#64;team \\[x\\](y) ");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("`x``y"), "``` `x``y ```");
        assert_eq!(code(""), "");
    }
}
