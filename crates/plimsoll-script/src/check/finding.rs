//! One thing that a check has to say.

use oxc_span::Span;

use crate::compat::Compat;
use crate::error::{Location, Problem};
use crate::source::Source;

/// How sure a finding is, and how bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The test does not load, or does not do what it says.
    Error,
    /// Most likely a mistake.
    Warning,
    /// Good to know.
    Note,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

/// Something about a test, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What kind of finding it is: a name that stays the same over versions.
    pub rule: &'static str,
    /// Where, as far as a place is known.
    pub location: Option<Location>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding without a place.
    pub fn new(level: Level, rule: &'static str, message: impl Into<String>) -> Self {
        Finding { level, rule, location: None, message: message.into(), hint: None }
    }

    /// The same finding, at a place.
    #[must_use]
    pub fn at(mut self, location: Option<Location>) -> Self {
        self.location = location;
        self
    }

    /// The same finding with advice.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    pub(super) fn in_source(self, source: &Source, span: Span) -> Self {
        self.at(Some(source.location(span)))
    }

    /// A problem of loading or linking.
    pub(super) fn of(problem: Problem, compat: &Compat) -> Self {
        let Problem { message, location, notes, hint } = problem;
        let rule = if message.starts_with("SyntaxError") { "syntax" } else { "import" };
        let module = message.strip_prefix("cannot import '").and_then(|rest| rest.strip_suffix('\''));
        let never = module.and_then(|module| compat.why_never(module));
        let why = never.or_else(|| notes.first().and_then(|note| note.split(';').next()));
        let message = why.map_or_else(|| message.clone(), |why| format!("{message}: {why}"));
        Finding::new(Level::Error, rule, message).at(location).hint(hint)
    }
}
