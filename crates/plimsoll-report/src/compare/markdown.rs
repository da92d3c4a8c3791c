//! A comparison as Markdown: for comments on merge requests and summaries of workflows.

use std::fmt::Write as _;

use super::text::{cells, cut_in_words, sentence};
use super::{Comparison, Verdict};

/// The whole document. Everything that is the same, or neither better nor worse, is folded away.
#[must_use]
pub fn render(comparison: &Comparison) -> String {
    let mut out = format!("### {}\n\n", escaped(&sentence(comparison)));
    let _ = writeln!(
        out,
        "`{}` → `{}`, {} seconds of each run, {}\n",
        comparison.base.join("`, `"),
        comparison.candidate.join("`, `"),
        comparison.seconds,
        cut_in_words(comparison.cut),
    );
    for warning in &comparison.warnings {
        let _ = writeln!(out, "> **Note:** {}\n", escaped(warning));
    }
    let open = |verdict| matches!(verdict, Verdict::Worse | Verdict::Better | Verdict::CannotTell);
    let (findings, others): (Vec<_>, Vec<_>) =
        comparison.answers.iter().partition(|answer| open(answer.verdict));
    if !findings.is_empty() {
        table(&mut out, findings.iter().map(|answer| cells(answer)));
    }
    if !others.is_empty() {
        let _ = writeln!(out, "<details><summary>{} more</summary>\n", others.len());
        table(&mut out, others.iter().map(|answer| cells(answer)));
        out.push_str("</details>\n");
    }
    out
}

fn table(out: &mut String, rows: impl Iterator<Item = [String; 6]>) {
    out.push_str("| | base | candidate | change | 95 % interval | verdict |\n|---|--:|--:|--:|--:|---|\n");
    for row in rows {
        let _ = writeln!(out, "| {} |", row.map(|cell| escaped(&cell)).join(" | "));
    }
    out.push('\n');
}

/// Names come from scripts and servers.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
        out
    })
}
