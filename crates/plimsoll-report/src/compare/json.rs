//! A comparison for programs.

use serde::Serialize;

use super::text::statistic;
use super::{Answer, Comparison, Direction, Verdict};
use crate::statistics::Scale;

/// The form of the document; a change that a reader has to know of makes it higher.
pub const VERSION: u32 = 1;

/// The whole document, indented.
#[must_use]
pub fn render(comparison: &Comparison) -> String {
    let document = Document {
        comparison: VERSION,
        verdict: word(comparison.verdict),
        base: &comparison.base,
        candidate: &comparison.candidate,
        seconds: comparison.seconds,
        cut_seconds: comparison.cut,
        warnings: &comparison.warnings,
        questions: comparison.questions,
        settings: Held {
            min_effect: comparison.settings.min_effect,
            min_time_ms: comparison.settings.min_time_ms,
            run_noise: comparison.settings.run_noise,
            confidence: 0.95,
        },
        answers: comparison.answers.iter().map(row).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("numbers, texts and lists are JSON");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    comparison: u32,
    verdict: &'static str,
    base: &'a [String],
    candidate: &'a [String],
    seconds: usize,
    cut_seconds: usize,
    warnings: &'a [String],
    questions: usize,
    settings: Held,
    answers: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Held {
    min_effect: f64,
    min_time_ms: f64,
    run_noise: f64,
    confidence: f64,
}

#[derive(Serialize)]
struct Row<'a> {
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    selection: &'a str,
    statistic: String,
    contains: &'static str,
    better: &'static str,
    verdict: &'static str,
    #[serde(flatten)]
    measured: Option<Numbers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Changes are shares of the base, or differences, as `change_is` says.
#[derive(Serialize)]
struct Numbers {
    base: f64,
    candidate: f64,
    change: f64,
    low: f64,
    high: f64,
    change_is: &'static str,
    min_effect: f64,
    p: f64,
}

fn row(answer: &Answer) -> Row<'_> {
    let endpoint = answer.subject.endpoint.as_ref();
    let statistic = statistic(answer.statistic);
    Row {
        metric: &answer.subject.metric,
        method: endpoint.map(|(method, _)| method.as_str()),
        name: endpoint.map(|(_, name)| name.as_str()),
        selection: &answer.subject.selection,
        statistic: if statistic.is_empty() { "rate".to_owned() } else { statistic },
        contains: answer.contains.as_str(),
        better: match answer.direction {
            Direction::Lower => "lower",
            Direction::Higher => "higher",
            Direction::Neutral => "neither",
        },
        verdict: word(answer.verdict),
        measured: answer.outcome.as_ref().ok().map(|measured| Numbers {
            base: measured.difference.base,
            candidate: measured.difference.candidate,
            change: measured.change(measured.difference.effect),
            low: measured.change(measured.low),
            high: measured.change(measured.high),
            change_is: match measured.difference.scale {
                Scale::Ratio => "share",
                Scale::Difference => "difference",
            },
            min_effect: measured.change(measured.floor),
            p: measured.p,
        }),
        reason: answer.outcome.as_ref().err().map(ToString::to_string),
    }
}

pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CannotTell => "cannot-tell",
        Verdict::Shown => "shown",
        other => other.as_str(),
    }
}
