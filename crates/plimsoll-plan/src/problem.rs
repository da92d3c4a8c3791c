//! What is wrong with the options, as values. Problems stop the run before it starts; warnings do not.

use std::fmt;

use crate::provenance::Source;

/// One thing that keeps the options from becoming a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} (from {source_of_value}): {message}{}", Got(.value.as_deref()))]
pub struct Problem {
    /// The option's path, for example `scenarios.checkout.vus`.
    pub path: String,
    /// Where the value came from.
    pub source_of_value: Source,
    /// The value as it was given, shortened; absent when the option is missing or the message already names
    /// it.
    pub value: Option<String>,
    /// What was expected, or which rule the value breaks.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Something the user should know, though the run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The option's path.
    pub path: String,
    /// Where the value came from.
    pub source: Source,
    /// What is odd about it.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (from {}): {}", self.path, self.source, self.message)
    }
}

impl Problem {
    /// A problem without a value or a hint.
    pub fn new(path: impl Into<String>, source: &Source, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            source_of_value: source.clone(),
            value: None,
            message: message.into(),
            hint: None,
        }
    }

    /// The same problem, showing the value that was given.
    #[must_use]
    pub fn got(mut self, value: impl Into<String>) -> Self {
        self.value = Some(shorten(value.into()));
        self
    }

    /// The same problem with advice.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl Warning {
    /// A warning without a hint.
    pub fn new(path: impl Into<String>, source: &Source, message: impl Into<String>) -> Self {
        Self { path: path.into(), source: source.clone(), message: message.into(), hint: None }
    }

    /// The same warning with advice.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

/// The tail of a problem's message.
struct Got<'a>(Option<&'a str>);

impl fmt::Display for Got<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |value| write!(f, ", got {value}"))
    }
}

/// A message shows the beginning of a long value only.
const SHOWN_CHARS: usize = 80;

fn shorten(value: String) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_one_line() {
        let source = Source::Env("K6_VUS".to_owned());
        let problem = Problem::new("vus", &source, "must be an integer").got("\"many\"");
        assert_eq!(problem.to_string(), "vus (from K6_VUS): must be an integer, got \"many\"");
    }

    #[test]
    fn long_values_are_cut() {
        let problem = Problem::new("a", &Source::Default, "b").got("é".repeat(200));
        assert_eq!(problem.value.map(|value| value.chars().count()), Some(81));
    }
}
