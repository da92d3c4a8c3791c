//! The characters of a selector: names, strings, white space, and where something is wrong.

use std::fmt;

/// A selector that cannot be understood, with the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    selector: String,
    /// The place in bytes.
    at: usize,
    expected: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, rest) = self.selector.split_at(self.at);
        write!(f, "invalid selector {:?}: expected {}", self.selector, self.expected)?;
        let character = before.chars().count() + 1;
        match rest.chars().next() {
            Some(found) => write!(f, " at character {character}, not {found:?}"),
            None => write!(f, " at its end"),
        }
    }
}

impl std::error::Error for SyntaxError {}

/// A position in a selector's text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(super) fn error(&self, expected: &str) -> SyntaxError {
        self.error_at(self.at, expected)
    }

    pub(super) fn error_at(&self, at: usize, expected: &str) -> SyntaxError {
        SyntaxError { selector: self.text.to_owned(), at, expected: expected.to_owned() }
    }

    /// Goes over a text if it is next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), SyntaxError> {
        if self.take(text) { Ok(()) } else { Err(self.error(&format!("'{text}'"))) }
    }

    /// Goes over white space and comments; whether there was some.
    pub(super) fn skip_space(&mut self) -> bool {
        let begun = self.at;
        loop {
            let rest = self.rest();
            let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']).len();
            self.at += spaces;
            match self.rest().strip_prefix("/*").and_then(|comment| comment.find("*/")) {
                Some(end) => self.at += end + 4,
                None if spaces == 0 => return self.at > begun,
                None => {}
            }
        }
    }

    /// The longest text of characters that fit.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// A name: `first-name`, `größe`, `sm\:flex`.
    pub(super) fn name(&mut self, what: &str) -> Result<String, SyntaxError> {
        if !self.begins_name() {
            return Err(self.error(what));
        }
        self.word(what)
    }

    pub(super) fn begins_name(&self) -> bool {
        let mut rest = self.rest().chars();
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '\\' || !c.is_ascii();
        match rest.next() {
            Some('-') => rest.next().is_some_and(|c| starts(c) || c == '-'),
            Some(c) => starts(c),
            None => false,
        }
    }

    /// Like a name, but it may begin with a digit, as ids do.
    pub(super) fn word(&mut self, what: &str) -> Result<String, SyntaxError> {
        let mut word = String::new();
        loop {
            match self.peek() {
                Some('\\') => word.push(self.escape()?),
                Some(c) if c.is_ascii_alphanumeric() || "-_".contains(c) || !c.is_ascii() => {
                    self.at += c.len_utf8();
                    word.push(c);
                }
                _ if word.is_empty() => return Err(self.error(what)),
                _ => return Ok(word),
            }
        }
    }

    /// `\:` or `\3a `.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        self.expect("\\")?;
        let rest = self.rest();
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits == 0 {
            let next = self.peek().filter(|c| *c != '\n');
            return next.inspect(|c| self.at += c.len_utf8()).ok_or_else(|| self.error("a character"));
        }
        self.at += digits;
        if self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
        let code = u32::from_str_radix(&rest[..digits], 16).ok().filter(|code| *code > 0);
        Ok(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// `'text'` or `"text"`; `None` when no quote is next.
    pub(super) fn string(&mut self) -> Result<Option<String>, SyntaxError> {
        let Some(quote) = self.peek().filter(|c| ['"', '\''].contains(c)) else { return Ok(None) };
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => return Err(self.error(&format!("the closing {quote}"))),
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(Some(text));
                }
                Some('\\') if self.take("\\\n") => {}
                Some('\\') => text.push(self.escape()?),
                Some(c) => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
    }
}
