//! From what a client sent to values that keep the rules.
//!
//! A [`Fields`] reads a JSON object, a [`Params`] a query string. Both note everything that is wrong and go
//! on with a placeholder, so that one answer names all faults; [`Problems::verdict`] then refuses the whole
//! request.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::error::{ApiError, Detail};
use crate::model::Vocabulary;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Detail>);

impl Problems {
    pub(crate) fn note(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(Detail { field: field.into(), message: message.into() });
    }

    /// Refuses the request if anything is wrong.
    pub(crate) fn verdict(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.0)) }
    }

    /// Keeps a text whose length in characters is allowed. PostgreSQL cannot store NUL, so nobody may send
    /// it.
    fn text(&mut self, field: &'static str, value: String, length: RangeInclusive<usize>) -> Option<String> {
        let count = value.chars().count();
        if value.contains('\0') {
            self.note(field, "must not contain NUL characters");
        } else if !length.contains(&count) {
            self.note(field, length_rule(&length, count));
        } else {
            return Some(value);
        }
        None
    }

    fn choice<T: Vocabulary>(&mut self, field: &'static str, word: &str) -> Option<T> {
        let value = T::parse(word);
        if value.is_none() {
            self.note(field, format!("must be {}, not {:?}", T::choices(), shortened(word)));
        }
        value
    }
}

fn length_rule(length: &RangeInclusive<usize>, count: usize) -> String {
    let (min, max) = (length.start(), length.end());
    match count {
        0 => "must not be empty".to_owned(),
        _ if count < *min => format!("must have at least {min} characters, not {count}"),
        _ => format!("must have at most {max} characters, not {count}"),
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// A JSON object under examination.
pub(crate) struct Fields {
    object: Map<String, Value>,
    pub problems: Problems,
}

impl Fields {
    /// Takes a request body apart.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self { object, problems: Problems::default() }),
            Ok(other) => {
                Err(ApiError::Malformed(format!("the body must be a JSON object, not {}", kind(&other))))
            }
            Err(_) if body.is_empty() => Err(ApiError::Malformed("the body is empty; send JSON".to_owned())),
            Err(error) => Err(ApiError::Malformed(format!("the body is not valid JSON: {error}"))),
        }
    }

    /// A text that must be there; surrounding white space is dropped.
    pub(crate) fn text(&mut self, field: &'static str, length: RangeInclusive<usize>) -> String {
        self.require(field);
        self.optional_text(field, length).unwrap_or_default()
    }

    /// A text that may be missing; surrounding white space is dropped.
    pub(crate) fn optional_text(
        &mut self,
        field: &'static str,
        length: RangeInclusive<usize>,
    ) -> Option<String> {
        let value = self.string(field)?.trim().to_owned();
        self.problems.text(field, value, length)
    }

    /// A text that must be there and is taken as it is, such as a password.
    pub(crate) fn verbatim(&mut self, field: &'static str, length: RangeInclusive<usize>) -> String {
        self.require(field);
        let value = self.string(field);
        value.and_then(|value| self.problems.text(field, value, length)).unwrap_or_default()
    }

    /// A word that must be there.
    pub(crate) fn choice<T: Vocabulary>(&mut self, field: &'static str) -> T {
        self.require(field);
        self.optional_choice(field).unwrap_or(T::ALL[0])
    }

    /// A word that may be missing.
    pub(crate) fn optional_choice<T: Vocabulary>(&mut self, field: &'static str) -> Option<T> {
        let word = self.string(field)?;
        self.problems.choice(field, &word)
    }

    /// A text that may be missing, or null, which is not the same.
    pub(crate) fn nullable_text(
        &mut self,
        field: &'static str,
        length: RangeInclusive<usize>,
    ) -> Option<Option<String>> {
        if self.object.get(field) == Some(&Value::Null) {
            return Some(None);
        }
        self.optional_text(field, length).map(Some)
    }

    /// Notes it when none of `fields` is there.
    pub(crate) fn require_any(&mut self, fields: &[&'static str]) {
        if !fields.iter().any(|field| self.object.contains_key(*field)) {
            let message = format!("must hold at least one of {}", fields.join(", "));
            self.problems.note("body", message);
        }
    }

    fn require(&mut self, field: &'static str) {
        if !self.object.contains_key(field) {
            self.problems.note(field, "is required");
        }
    }

    /// Takes a string out of the object; anything else under that name is a problem.
    fn string(&mut self, field: &'static str) -> Option<String> {
        match self.object.get_mut(field)?.take() {
            Value::String(text) => Some(text),
            other => {
                self.problems.note(field, format!("must be a string, not {}", kind(&other)));
                None
            }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A query string under examination. Of a parameter that is repeated the last one counts; unknown ones are
/// ignored.
pub(crate) struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub problems: Problems,
}

impl<'a> Params<'a> {
    /// Takes a query string apart. Never fails: bytes that are not UTF-8 become replacement characters.
    pub(crate) fn parse(query: Option<&'a str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
        Self { pairs, problems: Problems::default() }
    }

    fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.pairs.iter().rev().find(|(key, _)| key == name)?;
        Some(value.clone().into_owned())
    }

    /// A whole number; `default` when missing.
    pub(crate) fn number(&mut self, name: &'static str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let Some(text) = self.get(name) else {
            return default;
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (min, max) = (range.start(), range.end());
                let message =
                    format!("must be a whole number from {min} to {max}, not {:?}", shortened(&text));
                self.problems.note(name, message);
                default
            }
        }
    }

    /// A word that may be missing.
    pub(crate) fn choice<T: Vocabulary>(&mut self, name: &'static str) -> Option<T> {
        let word = self.get(name)?;
        self.problems.choice(name, &word)
    }

    /// A text that may be missing.
    pub(crate) fn text(&mut self, name: &'static str, length: RangeInclusive<usize>) -> Option<String> {
        let value = self.get(name)?;
        self.problems.text(name, value, length)
    }

    /// A text that must be there.
    pub(crate) fn required_text(&mut self, name: &'static str, length: RangeInclusive<usize>) -> String {
        match self.get(name) {
            Some(value) => self.problems.text(name, value, length).unwrap_or_default(),
            None => {
                self.problems.note(name, "is required");
                String::new()
            }
        }
    }
}

/// The words of a search, at most this many.
const MAX_WORDS: usize = 16;

/// What is left of a search when everything that is no letter or digit is taken for a space.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(MAX_WORDS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Priority;

    fn faults(problems: Problems) -> Vec<(String, String)> {
        match problems.verdict() {
            Ok(()) => Vec::new(),
            Err(ApiError::Invalid(details)) => {
                details.into_iter().map(|detail| (detail.field.into_owned(), detail.message)).collect()
            }
            Err(other) => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn every_fault_of_a_body_is_named() {
        let mut fields =
            Fields::parse(br#"{"title":"  ","priority":"SOON","description":7}"#).expect("an object");
        fields.text("title", 1..=5);
        fields.text("description", 1..=5);
        let _: Priority = fields.choice("priority");
        fields.text("absent", 1..=5);
        let expected = [
            ("title", "must not be empty"),
            ("description", "must be a string, not a number"),
            ("priority", "must be LOW, MEDIUM, HIGH or URGENT, not \"SOON\""),
            ("absent", "is required"),
        ];
        let expected: Vec<_> = expected.map(|(f, m)| (f.to_owned(), m.to_owned())).into();
        assert_eq!(faults(fields.problems), expected);
    }

    #[test]
    fn null_is_a_value_only_where_it_means_something() {
        let mut fields = Fields::parse(br#"{"a":null,"b":null}"#).expect("an object");
        assert_eq!(fields.nullable_text("a", 1..=5), Some(None));
        assert_eq!(fields.nullable_text("absent", 1..=5), None);
        assert_eq!(fields.optional_text("b", 1..=5), None);
        assert_eq!(faults(fields.problems), [("b".to_owned(), "must be a string, not null".to_owned())]);
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let mut fields = Fields::parse(r#"{"a":"ääää","b":"äääää"}"#.as_bytes()).expect("an object");
        assert_eq!(fields.text("a", 1..=4), "ääää");
        fields.text("b", 1..=4);
        assert_eq!(faults(fields.problems)[0].1, "must have at most 4 characters, not 5");
    }

    #[test]
    fn numbers_in_queries_are_checked() {
        let mut params = Params::parse(Some("limit=0&page=2&page=3&deep=-1&wide=99999999999"));
        assert_eq!(params.number("limit", 20, 1..=100), 20);
        assert_eq!(params.number("page", 1, 1..=100), 3);
        assert_eq!(params.number("absent", 7, 1..=100), 7);
        params.number("deep", 1, 1..=9);
        params.number("wide", 1, 1..=9);
        let fields: Vec<_> = faults(params.problems).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["limit", "deep", "wide"]);
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(words("can't \"log-in\" OR 1=1; --"), ["can", "t", "log", "in", "OR", "1", "1"]);
        assert!(words("*^:(){}\0").is_empty());
        assert_eq!(words(&"a ".repeat(99)).len(), MAX_WORDS);
    }
}
