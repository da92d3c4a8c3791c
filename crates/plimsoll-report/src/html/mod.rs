//! The report as one page: no script, no font, no image and no link that leaves the file.
//!
//! Verdict first. Light or dark as the reader's system is, usable on a phone and on paper. Whatever comes
//! from a script or a server is escaped: `markup::Markup` takes markup only from string literals.

pub mod capacity;
mod charts;
mod heat;
mod markup;
mod moments;
mod plot;
mod tables;

use self::markup::Markup;
use crate::format;
use crate::model::Summary;
use crate::timeline::Timeline;
use crate::validity::Trust;
use crate::verdict::Verdict;

/// The report as a complete HTML document. A timeline without spans leaves the charts out.
#[must_use]
pub fn render(summary: &Summary, timeline: &Timeline) -> String {
    let mut page = Markup::new();
    head(&mut page, &title(summary));
    page.raw("</head>\n<body>\n");
    content(&mut page, summary, timeline, Stage::Over);
    footer(&mut page);
    page.finish()
}

/// What stands between the head and the foot of the page while a test runs, for [`live`] to take over.
#[must_use]
pub fn fragment(summary: &Summary, timeline: &Timeline, stage: Stage) -> String {
    let mut page = Markup::new();
    content(&mut page, summary, timeline, stage);
    page.finish()
}

/// The page of a test that is under way. [`LIVE_SCRIPT`] beside it puts in the newest [`fragment`].
#[must_use]
pub fn live(script: &str, fragment: &str) -> String {
    let mut page = Markup::new();
    head(&mut page, &format!("running: {script}"));
    page.raw("<script src=\"live.js\" defer></script>\n</head>\n<body>\n");
    page.raw("<p class=\"live\" id=\"state\" role=\"status\">Live: the test is running.</p>\n");
    page.raw("<div id=\"report\">\n").fragment(fragment).raw("</div>\n");
    footer(&mut page);
    page.finish()
}

/// What the live page runs: it waits for events and shows what they bring.
pub const LIVE_SCRIPT: &str = include_str!("live.js");

/// How far the test is that a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The numbers will change.
    Running,
    /// They are final.
    Over,
}

fn content(page: &mut Markup, summary: &Summary, timeline: &Timeline, stage: Stage) {
    header(page, summary, stage);
    page.raw("<main>\n");
    key_figures(page, summary);
    tables::thresholds(page, summary, timeline);
    tables::goals(page, summary);
    moments::all(page, summary, timeline);
    tables::endpoints(page, summary);
    tables::latency(page, summary);
    tables::failures(page, summary);
    tables::checks(page, summary);
    tables::metrics(page, summary);
    tables::warm_up(page, summary);
    run_facts(page, summary);
    page.raw("</main>\n");
}

fn head(page: &mut Markup, title: &str) {
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
        .text(title)
        .raw("</title>\n<style>");
    page.raw(include_str!("style.css")).raw("</style>\n");
}

fn footer(page: &mut Markup) {
    page.raw("<footer><p>Made by plimsoll ").text(env!("CARGO_PKG_VERSION"));
    page.raw(". Percentiles come from histograms whose relative error is below 0.2 %.</p></footer>\n");
    page.raw("</body>\n</html>\n");
}

fn title(summary: &Summary) -> String {
    let verdict = summary.verdict().as_str();
    if summary.run.script.is_empty() {
        format!("Load test {verdict}")
    } else {
        format!("{verdict}: {}", summary.run.script)
    }
}

fn header(page: &mut Markup, summary: &Summary, stage: Stage) {
    let (class, mark) = match summary.verdict() {
        Verdict::Passed => ("good", "✓"),
        Verdict::Failed => ("bad", "✗"),
        Verdict::Incomplete | Verdict::Unjudged => ("unknown", "?"),
    };
    page.raw("<header>\n<p class=\"brand\">");
    page.raw(match stage {
        Stage::Running => "Load test, as it stands",
        Stage::Over => "Load test report",
    });
    page.raw("</p>\n<h1><span class=\"mark ").text(class);
    page.raw("\" aria-hidden=\"true\">").text(mark).raw("</span> ").text(&capitalised(&summary.headline()));
    page.raw("</h1>\n<p class=\"subtitle\">");
    let run = &summary.run;
    let parts = [run.script.clone(), run.started.clone(), format::moment(run.duration)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    page.text(&parts.join(" · ")).raw("</p>\n");
    validity(page, summary);
    notes(page, summary);
    page.raw("</header>\n");
}

/// Whether the numbers can be trusted.
fn validity(page: &mut Markup, summary: &Summary) {
    let Some(validity) = &summary.run.validity else { return };
    let (class, mark) = match validity.verdict {
        Trust::Valid => ("good", "✓"),
        Trust::Suspect => ("unknown", "?"),
        Trust::Invalid => ("bad", "✗"),
    };
    page.raw("<p class=\"validity\"><span class=\"mark ").text(class);
    page.raw("\" aria-hidden=\"true\">").text(mark).raw("</span> <strong>The measurement is ");
    page.text(validity.verdict.as_str()).raw("</strong>");
    if !validity.figures.is_empty() {
        page.raw(": ").text(&validity.figures.join("; "));
    }
    page.raw(".</p>\n");
    if validity.reasons.is_empty() {
        return;
    }
    page.raw("<ul class=\"notes\">\n");
    for reason in &validity.reasons {
        page.raw("<li><strong>").text(&capitalised(&reason.observed)).raw(".</strong> ");
        page.text(&capitalised(&reason.why)).raw(". ").text(&capitalised(&reason.hint)).raw(".</li>\n");
    }
    page.raw("</ul>\n");
}

/// What the reader must know before any number.
fn notes(page: &mut Markup, summary: &Summary) {
    let mut notes = summary.notes();
    if summary.total.is_empty() {
        notes.insert(0, "no samples were recorded: the run measured nothing".to_owned());
    }
    if notes.is_empty() {
        return;
    }
    page.raw("<ul class=\"notes\">\n");
    for note in notes {
        page.raw("<li>").text(&capitalised(&note)).raw("</li>\n");
    }
    page.raw("</ul>\n");
}

fn key_figures(page: &mut Markup, summary: &Summary) {
    let total = &summary.endpoints.total;
    let unit = summary.settings.time_unit;
    let mut figures: Vec<(&str, String)> = Vec::new();
    if total.count > 0 {
        figures.push(("Requests", format::count(total.count)));
        figures.push(("Requests per second", format!("{:.1}", total.rate(summary.run.duration))));
        figures.push(("Failed", format::percent(total.failed, total.judged)));
        figures.push(("Median", format::duration(total.duration.med(), unit)));
        figures.push(("95th percentile", format::duration(total.duration.quantile(0.95), unit)));
        figures.push(("99th percentile", format::duration(total.duration.quantile(0.99), unit)));
    }
    let (checks, passed) = summary.total.check_totals();
    if checks > 0 {
        figures.push(("Checks that held", format::percent(passed, checks)));
    }
    figures.push(("Iterations", format::count(summary.run.complete_iterations)));
    page.raw("<section aria-label=\"Key figures\">\n<dl class=\"figures\">\n");
    for (name, value) in figures {
        page.raw("<div><dt>").text(name).raw("</dt><dd>").text(&value).raw("</dd></div>\n");
    }
    page.raw("</dl>\n</section>\n");
}

fn run_facts(page: &mut Markup, summary: &Summary) {
    let run = &summary.run;
    let warm_up = summary.warm_up.as_ref().map(|part| format::moment(part.duration)).unwrap_or_default();
    let facts = [
        ("Script", run.script.clone()),
        ("Started", run.started.clone()),
        ("Duration", format::moment(run.duration)),
        ("Warm-up before it", warm_up),
        ("Scenarios", run.scenarios.join("\n")),
        ("Complete iterations", format::count(run.complete_iterations)),
        ("Interrupted iterations", format::count(run.interrupted_iterations)),
        ("Dropped iterations", format::count(summary.dropped.count)),
        ("Samples lost by outputs", format::count(run.lost_samples)),
        ("Samples recorded under fewer tags", format::count(summary.folds.samples)),
    ];
    page.raw("<section>\n<h2>The run</h2>\n<dl class=\"facts\">\n");
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        page.raw("<dt>").text(name).raw("</dt><dd>").text(value).raw("</dd>\n");
    }
    page.raw("</dl>\n</section>\n");
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
