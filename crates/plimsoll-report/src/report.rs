//! A result and the forms that it can have.

use crate::model::Summary;
use crate::record::{Header, Place};
use crate::text::{self, Style};
use crate::timeline::Timeline;
use crate::{document, github, html, junit, markdown};

/// A run's result with what its forms need to know.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What the run amounted to.
    pub summary: &'a Summary,
    /// What happened when.
    pub timeline: &'a Timeline,
    /// What was known from its start; where thresholds and goals are written.
    pub header: &'a Header,
    /// The exit code of the command that ran it, once it is known.
    pub exit_code: Option<u8>,
}

/// A form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The summary as on the terminal.
    Text,
    /// One page.
    Html,
    /// A document for programs.
    Json,
    /// What CI systems read of tests.
    JUnit,
    /// A comment on a pull request.
    Markdown,
    /// Annotations of a workflow on GitHub.
    GitHub,
}

impl Format {
    /// All, by the names that users know them by.
    pub const ALL: [(&'static str, Self); 6] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("html", Self::Html),
        ("junit", Self::JUnit),
        ("markdown", Self::Markdown),
        ("github", Self::GitHub),
    ];

    /// The form that the end of a file's name stands for.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "txt" => Self::Text,
            "htm" | "html" => Self::Html,
            "json" => Self::Json,
            "xml" => Self::JUnit,
            "md" => Self::Markdown,
            _ => return None,
        })
    }
}

impl Report<'_> {
    /// The result in one of its forms. `style` is that of the text.
    #[must_use]
    pub fn render(&self, format: Format, style: &Style) -> String {
        match format {
            Format::Text => text::render(self.summary, style),
            Format::Html => html::render(self.summary, self.timeline),
            Format::Json => format!("{:#}\n", document::render(self)),
            Format::JUnit => junit::render(self),
            Format::Markdown => markdown::render(self.summary),
            Format::GitHub => github::annotations(self),
        }
    }

    /// Where a threshold is written, if that is known.
    #[must_use]
    pub fn place_of_threshold(&self, selector: &str, expression: &str) -> Option<&Place> {
        self.header.place_of_threshold(selector, expression)
    }

    /// Where a goal is written, if that is known.
    #[must_use]
    pub fn place_of_goal(&self, name: &str) -> Option<&Place> {
        self.header.place_of_goal(name)
    }
}
