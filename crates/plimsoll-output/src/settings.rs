//! Where the settings of outputs come from: k6's variables, and what follows the name in `--out`.
//!
//! A setting may have a variable, an option in the argument, or both; then the option wins, as in k6. An
//! empty variable is one that is not set. Everything that is wrong is collected, so that it is told at once.
//! Start from `Reader`.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use plimsoll_metrics::nearest::nearest;

use crate::error::SpecError;
use crate::time::parse_duration;

/// Variables of the environment, as far as outputs may look at them.
pub type Variables = BTreeMap<String, String>;

/// The names of one setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) variable: &'static str,
    /// Empty when the argument has no such option.
    pub(crate) option: &'static str,
    is_secret: bool,
}

impl Key {
    pub(crate) const fn both(variable: &'static str, option: &'static str) -> Self {
        Self { variable, option, is_secret: false }
    }

    pub(crate) const fn variable(variable: &'static str) -> Self {
        Self::both(variable, "")
    }

    /// A variable whose value is not shown: a password, or a URL that may hold one.
    pub(crate) const fn secret(variable: &'static str) -> Self {
        Self { variable, option: "", is_secret: true }
    }
}

/// What stands in place of a value that is not shown.
pub(crate) const HIDDEN: &str = "(hidden)";
/// What the value of a header has to be, for messages.
pub(crate) const HEADER_TEXT: &str = "text that an HTTP header can carry: no line breaks";

/// Reads settings, and remembers what is wrong with them.
pub(crate) struct Reader<'a> {
    output: &'static str,
    variables: &'a Variables,
    options: Vec<(String, String)>,
    known: Vec<&'static str>,
    problems: Vec<SpecError>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        output: &'static str,
        variables: &'a Variables,
        options: Vec<(String, String)>,
    ) -> Self {
        Self { output, variables, options, known: Vec::new(), problems: Vec::new() }
    }

    /// The name under which the setting was given, and its value.
    fn given(&mut self, key: Key) -> Option<(String, String)> {
        if !key.option.is_empty() {
            self.known.push(key.option);
            if let Some(found) = self.options.iter().rev().find(|(name, _)| name == key.option) {
                return Some(found.clone());
            }
        }
        let value = self.variables.get(key.variable).filter(|value| !value.trim().is_empty())?;
        Some((key.variable.to_owned(), value.clone()))
    }

    pub(crate) fn text(&mut self, key: Key) -> Option<String> {
        Some(self.given(key)?.1)
    }

    /// A setting that is not just text; `None` when it is not given or not understood.
    pub(crate) fn read<T>(
        &mut self,
        key: Key,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let (name, value) = self.given(key)?;
        let parsed = parse(value.trim());
        if parsed.is_none() {
            self.wrong(key, name, &value, expected);
        }
        parsed
    }

    fn wrong(&mut self, key: Key, name: String, value: &str, expected: &'static str) {
        let value = if key.is_secret { HIDDEN } else { value };
        let problem = SpecError::Setting { output: self.output, name, value: value.to_owned(), expected };
        self.problems.push(problem);
    }

    pub(crate) fn duration(&mut self, key: Key) -> Option<Duration> {
        self.read(key, "a duration above zero, such as 500ms or 10s", parse_duration)
    }

    /// A number of things, at least one.
    pub(crate) fn count(&mut self, key: Key) -> Option<usize> {
        self.read(key, "a whole number above zero", |text| text.parse().ok().filter(|count| *count > 0))
    }

    /// Yes or no, as Go reads it. An option without a value is a yes.
    pub(crate) fn flag(&mut self, key: Key) -> Option<bool> {
        self.read(key, "true or false", |text| match text {
            "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        })
    }

    /// A token for a header, without the line break that a file of secrets ends with.
    pub(crate) fn token(&mut self, key: Key) -> Option<String> {
        self.read(key, HEADER_TEXT, |text| HeaderValue::from_str(text).is_ok().then(|| text.to_owned()))
    }

    /// A list of headers, each of which `parse` takes apart, with [`header`] in the end.
    pub(crate) fn headers(
        &mut self,
        key: Key,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<(String, String)>,
    ) -> Vec<(String, String)> {
        let all = |text: &str| {
            let parts = text.split(',').filter(|part| !part.trim().is_empty());
            parts.map(&parse).collect::<Option<Vec<_>>>()
        };
        self.read(key, expected, all).unwrap_or_default()
    }

    /// A setting that must not be given.
    pub(crate) fn refuse(&mut self, key: Key, hint: &'static str) {
        if let Some((name, _)) = self.given(key) {
            self.unsupported(&name, hint);
        }
    }

    /// Something of k6's that has no effect here.
    pub(crate) fn unsupported(&mut self, name: &str, hint: &'static str) {
        self.problems.push(SpecError::Unsupported { output: self.output, name: name.to_owned(), hint });
    }

    /// Something that is wrong with what does not stand in a variable or an option.
    pub(crate) fn complain(&mut self, name: &str, value: &str, expected: &'static str) {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.problems.push(SpecError::Setting { output: self.output, name, value, expected });
    }

    /// The settings, if nothing was wrong with them.
    pub(crate) fn finish<T>(mut self, settings: T) -> Result<T, Vec<SpecError>> {
        for (name, _) in &self.options {
            if !self.known.contains(&name.as_str()) {
                self.problems.push(SpecError::UnknownOption {
                    output: self.output,
                    name: name.clone(),
                    nearest: nearest(name, self.known.iter().copied()).map(str::to_owned),
                    known: self.known.join(", "),
                });
            }
        }
        if self.problems.is_empty() { Ok(settings) } else { Err(self.problems) }
    }
}

/// `name=value` pairs; a name alone has an empty value.
pub(crate) fn pairs(text: &str, between: char, within: char) -> Vec<(String, String)> {
    let parts = text.split(between).map(str::trim).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once(within).unwrap_or((part, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    parts.map(pair).collect()
}

/// A header as it is sent; `None` when HTTP cannot carry it.
pub(crate) fn header(name: &str, value: &str) -> Option<(String, String)> {
    let (name, value) = (name.trim(), value.trim());
    let is_carried = HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok();
    is_carried.then(|| (name.to_owned(), value.to_owned()))
}

/// A text without its percent signs.
pub(crate) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Key = Key::both("K6_X_INTERVAL", "interval");

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_option_wins_over_its_variable() {
        let variables = variables(&[("K6_X_INTERVAL", "1s")]);
        let mut reader = Reader::new("x", &variables, Vec::new());
        assert_eq!(reader.duration(INTERVAL), Some(Duration::from_secs(1)));
        let mut reader = Reader::new("x", &variables, pairs("interval=2s", ',', '='));
        assert_eq!(reader.duration(INTERVAL), Some(Duration::from_secs(2)));
        assert_eq!(reader.finish(()), Ok(()));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        for empty in ["", " \n"] {
            let variables = variables(&[("K6_X_INTERVAL", empty)]);
            let mut reader = Reader::new("x", &variables, Vec::new());
            assert_eq!(reader.text(INTERVAL), None);
        }
    }

    #[test]
    fn an_option_without_a_value_is_a_yes() {
        const FLAG: Key = Key::both("K6_X_FLAG", "flag");
        let variables = variables(&[("K6_X_FLAG", "false")]);
        let mut reader = Reader::new("x", &variables, pairs("flag", '&', '='));
        assert_eq!(reader.flag(FLAG), Some(true));
    }

    #[test]
    fn what_http_cannot_carry_is_told_and_not_shown() {
        const TOKEN: Key = Key::secret("K6_X_TOKEN");
        const HEADERS: Key = Key::secret("K6_X_HEADERS");
        let parse = |part: &str| part.split_once(':').and_then(|(name, value)| header(name, value));
        let good = variables(&[("K6_X_TOKEN", "from a file\n"), ("K6_X_HEADERS", "a:1, b: x:\u{e9} ,c:\n")]);
        let mut reader = Reader::new("x", &good, Vec::new());
        assert_eq!(reader.token(TOKEN).as_deref(), Some("from a file"));
        let headers = reader.headers(HEADERS, "headers", parse);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(headers, [("a", "1"), ("b", "x:\u{e9}"), ("c", "")]);
        assert_eq!(reader.finish(()), Ok(()));
        for wrong in ["nothing but a secret", "a b:secret", ":secret", "\u{e9}:secret", "a:sec\nret"] {
            let variables = variables(&[("K6_X_TOKEN", "sec\nret"), ("K6_X_HEADERS", wrong)]);
            let mut reader = Reader::new("x", &variables, Vec::new());
            assert_eq!(reader.token(TOKEN), None);
            assert!(reader.headers(HEADERS, "headers", parse).is_empty());
            let problems = reader.finish(()).expect_err("two problems");
            let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(texts[0], format!("output 'x': K6_X_TOKEN is '(hidden)', expected {HEADER_TEXT}"));
            assert_eq!(texts[1], "output 'x': K6_X_HEADERS is '(hidden)', expected headers", "{wrong}");
        }
    }

    #[test]
    fn everything_wrong_is_told() {
        let variables = variables(&[("K6_X_INTERVAL", "soon")]);
        let mut reader = Reader::new("x", &variables, pairs("intervall=1s, b", ',', '='));
        assert_eq!(reader.duration(INTERVAL), None);
        let problems = reader.finish(()).expect_err("two problems");
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "output 'x': K6_X_INTERVAL is 'soon', expected a duration above zero, such as 500ms or 10s",
                "output 'x' has no option 'intervall' (did you mean 'interval'?); it has: interval",
                "output 'x' has no option 'b'; it has: interval",
            ]
        );
    }
}
