//! A comparison for the terminal: the verdict, what it rests on, and a table with the most important first.

use std::fmt::Write as _;

use plimsoll_metrics::ValueKind;
use plimsoll_plan::options::keyword::TimeUnit;

use super::{Answer, Comparison, Measured, Subject, Verdict};
use crate::format;
use crate::statistics::{Scale, Statistic};

/// The whole text. Endpoints without a finding and numbers that are neither better nor worse are only
/// counted, unless `all` of them are wanted.
#[must_use]
pub fn render(comparison: &Comparison, all: bool) -> String {
    let mut out = String::new();
    head(&mut out, comparison);
    for warning in &comparison.warnings {
        let _ = writeln!(out, "note: {warning}");
    }
    out.push('\n');
    let (shown, hidden): (Vec<&Answer>, Vec<&Answer>) =
        comparison.answers.iter().partition(|answer| all || is_worth_a_line(answer));
    table(&mut out, &shown);
    for line in left_out(&hidden) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

fn head(out: &mut String, comparison: &Comparison) {
    let Comparison { base, candidate, seconds, cut, questions, settings, .. } = comparison;
    let _ = writeln!(out, "{}\n", sentence(comparison));
    let _ = writeln!(out, "base:       {}", base.join(", "));
    let _ = writeln!(out, "candidate:  {}", candidate.join(", "));
    let _ = writeln!(out, "compared:   {seconds} seconds of each run, {}", cut_in_words(*cut));
    let _ = writeln!(
        out,
        "held to:    effects of at least {}, one false alarm in 20 comparisons over {}",
        percent(settings.min_effect),
        format::counted(*questions as u64, "question"),
    );
}

/// What was left out.
#[must_use]
pub(super) fn cut_in_words(cut: usize) -> String {
    if cut == 0 { "none cut".to_owned() } else { format!("the first {cut} s cut") }
}

/// The verdict as a sentence.
#[must_use]
pub(super) fn sentence(comparison: &Comparison) -> String {
    let with = |verdict| comparison.answers.iter().filter(move |answer| answer.verdict == verdict);
    let is_usual = |answer: &&Answer| answer.statistic == Statistic::Quantile(0.95);
    let first = |verdict| with(verdict).find(is_usual).or_else(|| with(verdict).next());
    let told = |what: &str, verdict| match first(verdict) {
        Some(answer) => format!("{what}: {} {}", name(answer), change_in_words(answer)),
        None => what.to_owned(),
    };
    match comparison.verdict {
        Verdict::Worse => told("WORSE", Verdict::Worse),
        Verdict::Better => told("BETTER", Verdict::Better),
        Verdict::Same => {
            format!("SAME: no difference of {} or more", percent(comparison.settings.min_effect))
        }
        Verdict::CannotTell | Verdict::Shown => {
            let open = with(Verdict::CannotTell).count() as u64;
            format!(
                "CANNOT TELL: {} open; longer or more runs would answer",
                format::counted(open, "question")
            )
        }
    }
}

fn change_in_words(answer: &Answer) -> String {
    let Ok(measured) = &answer.outcome else { return String::new() };
    let signed = |effect| signed(measured, answer.statistic, effect);
    let effect = measured.difference.effect;
    let way = if effect > 0.0 { "higher" } else { "lower" };
    let size = size(measured, answer.statistic, effect);
    format!("is {size} {way} ({} to {})", signed(measured.low), signed(measured.high))
}

fn is_worth_a_line(answer: &Answer) -> bool {
    match answer.verdict {
        Verdict::Worse | Verdict::Better => true,
        Verdict::CannotTell | Verdict::Same => answer.subject.endpoint.is_none(),
        Verdict::Shown => false,
    }
}

fn left_out(hidden: &[&Answer]) -> Vec<String> {
    let of = |verdict| hidden.iter().filter(move |answer| answer.verdict == verdict).count() as u64;
    let lines = [
        (of(Verdict::Same), "numbers of endpoints are the same"),
        (of(Verdict::CannotTell), "numbers of endpoints cannot be told"),
        (of(Verdict::Shown), "numbers are neither better nor worse"),
    ];
    let lines = lines.into_iter().filter(|(count, _)| *count > 0);
    let mut lines: Vec<String> = lines.map(|(count, what)| format!("{count} more {what}")).collect();
    if let Some(last) = lines.last_mut() {
        last.push_str("; --all shows them");
    }
    lines
}

fn table(out: &mut String, answers: &[&Answer]) {
    let heads = ["", "base", "candidate", "change", "95 % interval", "verdict"].map(str::to_owned);
    let rows: Vec<[String; 6]> =
        std::iter::once(heads).chain(answers.iter().map(|answer| cells(answer))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    for row in &rows {
        let mut line = format!("  {:<1$}", row[0], widths[0]);
        for column in 1..5 {
            let _ = write!(line, "  {:>1$}", row[column], widths[column]);
        }
        let _ = writeln!(out, "{line}  {}", row[5]);
    }
}

/// Name, base, candidate, change, interval, verdict.
pub(super) fn cells(answer: &Answer) -> [String; 6] {
    let verdict = answer.verdict.as_str().to_owned();
    match &answer.outcome {
        Ok(measured) => {
            let Measured { difference, low, high, .. } = measured;
            let signed = |effect| signed(measured, answer.statistic, effect);
            let value = |value| written(value, answer.statistic, answer.contains);
            [
                name(answer),
                value(difference.base),
                value(difference.candidate),
                signed(difference.effect),
                format!("{} to {}", signed(*low), signed(*high)),
                verdict,
            ]
        }
        Err(refusal) => {
            let blank = String::new;
            [name(answer), blank(), blank(), blank(), blank(), format!("{verdict}: {refusal}")]
        }
    }
}

/// What was asked: `http_req_duration p95`, `GET /tickets p95`.
#[must_use]
pub(super) fn name(answer: &Answer) -> String {
    let Subject { metric, endpoint, selection } = &answer.subject;
    let metric = match endpoint {
        Some((method, name)) => {
            let what = if metric == "http_req_duration" { "" } else { " failed" };
            format!("{method} {}{what}", short_name(name))
        }
        None if selection.is_empty() => metric.clone(),
        None => format!("{metric}{{{selection}}}"),
    };
    format!("{metric} {}", statistic(answer.statistic)).trim_end().to_owned()
}

/// A URL without its origin.
fn short_name(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else { return url };
    rest.find('/').map_or(url, |slash| &rest[slash..])
}

/// As in the summary.
#[must_use]
pub(super) fn statistic(statistic: Statistic) -> String {
    match statistic {
        Statistic::Quantile(q) if (q - 0.5).abs() < 1e-9 => "med".to_owned(),
        Statistic::Quantile(q) => format!("p({})", format::number(100.0 * q)),
        Statistic::Mean => "avg".to_owned(),
        Statistic::Share => String::new(),
        Statistic::PerSecond => "rate".to_owned(),
    }
}

fn written(value: f64, statistic: Statistic, contains: ValueKind) -> String {
    match (statistic, contains) {
        (Statistic::Share, _) => format::share(value),
        (Statistic::PerSecond, ValueKind::Data) => format!("{}/s", format::bytes(value)),
        (Statistic::PerSecond, _) => format!("{value:.2}/s"),
        (_, ValueKind::Default) => format!("{value:.3}"),
        _ => format::value(value, contains, TimeUnit::Auto),
    }
}

/// With its sign: `+10.4 %`; of shares in percentage points; of what may be negative, plain.
fn signed(measured: &Measured, statistic: Statistic, effect: f64) -> String {
    let sign = if effect < 0.0 { "−" } else { "+" };
    format!("{sign}{}", size(measured, statistic, effect))
}

fn size(measured: &Measured, statistic: Statistic, effect: f64) -> String {
    let change = measured.change(effect).abs();
    match (measured.difference.scale, statistic) {
        (Scale::Ratio, _) => percent(change),
        (Scale::Difference, Statistic::Share) => format!("{:.2} points", 100.0 * change),
        (Scale::Difference, _) => format!("{change:.3}"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
