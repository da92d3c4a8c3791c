//! What can be wrong with a script, told so that it can be mended: what, where, the line itself, and a hint.

use std::fmt;

use crate::source::ModuleId;

/// A place in a script: file, line and column (both from 1, columns in characters), and the line's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Path of the file as the user would open it.
    pub file: String,
    /// Line number, from 1.
    pub line: usize,
    /// Column number in characters, from 1.
    pub column: usize,
    /// How many characters to underline, at least 1.
    pub width: usize,
    /// The text of that line; empty when unknown.
    pub text: String,
}

impl Location {
    /// Finds the line and column of a byte range in a source text.
    pub(crate) fn in_text(id: &ModuleId, text: &str, offset: usize, length: usize) -> Self {
        let offset = floor_char_boundary(text, offset.min(text.len()));
        let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
        let end = floor_char_boundary(text, (offset + length).min(line_end).max(offset));
        Location {
            file: id.to_string(),
            line: text[..offset].matches('\n').count() + 1,
            column: text[line_start..offset].chars().count() + 1,
            width: text[offset..end].chars().count().max(1),
            text: text[line_start..line_end].trim_end().to_owned(),
        }
    }
}

fn floor_char_boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line.
    pub message: String,
    /// Where, when a place is known.
    pub location: Option<Location>,
    /// More facts, a line each.
    pub notes: Vec<String>,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), location: None, notes: Vec::new(), hint: None }
    }

    pub(crate) fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            None => f.write_str(&self.message)?,
            Some(location) => {
                write!(f, "{location}: {}", self.message)?;
                if !location.text.is_empty() {
                    let number = location.line.to_string();
                    let (pad, mark) = (location.column - 1, "^".repeat(location.width));
                    write!(f, "\n    {number} | {}", location.text)?;
                    write!(f, "\n    {:number$} | {:pad$}{mark}", "", "", number = number.len())?;
                }
            }
        }
        for note in &self.notes {
            write!(f, "\n  {note}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Why a script could not be loaded. Each kind has its own exit code in k6, which the binary maps.
#[derive(Debug)]
pub enum LoadError {
    /// The entry file could not be read.
    Unreadable(Problem),
    /// Syntax errors, unknown modules, missing exports: everything found before anything ran.
    Invalid(Vec<Problem>),
    /// The init code threw.
    Threw(plimsoll_engine::ScriptError),
    /// The init code called `exec.test.abort()`.
    Aborted(String),
    /// The script ran but exports nothing that could be executed, or something that is not a function.
    NothingToRun(Problem),
    /// The machine refused what a VU needs (memory for a stack or a JavaScript runtime).
    Resources(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Unreadable(problem) | LoadError::NothingToRun(problem) => problem.fmt(f),
            LoadError::Invalid(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}{problem}")?;
                }
                Ok(())
            }
            LoadError::Threw(error) => error.fmt(f),
            LoadError::Aborted(reason) => f.write_str(reason),
            LoadError::Resources(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for LoadError {}
