//! One event as a line of the log, in k6's forms.
//!
//! | | a terminal | elsewhere |
//! |---|---|---|
//! | text | `INFO[0003] hello  source=console` | `time="…" level=info msg=hello source=console` |
//! | json | `{"level":"info","msg":"hello","source":"console","time":"…"}` | the same |
//! | raw | `hello` | the same |

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use plimsoll_script::Redactor;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
    Raw,
}

/// How lines are written in one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) format: LogFormat,
    /// Whether somebody watches them arrive.
    pub(super) terminal: bool,
    pub(super) color: bool,
    pub(super) started: Instant,
}

impl Form {
    /// The event with its end of line. Fields named in `without` are left out.
    pub(super) fn line(&self, event: &Event<'_>, without: Option<&str>, redactor: &Redactor) -> String {
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.others.retain(|(name, _)| Some(*name) != without);
        fields.redact(redactor);
        let level = *event.metadata().level();
        let line = match self.format {
            LogFormat::Raw => Ok(fields.message),
            LogFormat::Json => Ok(json_line(level, fields)),
            LogFormat::Text if self.terminal => self.terminal_line(level, &fields),
            LogFormat::Text => text_line(level, &fields),
        };
        line.expect("writing to a String cannot fail") + "\n"
    }

    fn terminal_line(&self, level: Level, fields: &Fields) -> Result<String, fmt::Error> {
        let (paint, reset) = match (self.color, level) {
            (false, _) => ("", ""),
            (_, Level::ERROR) => ("\x1b[31m", "\x1b[0m"),
            (_, Level::WARN) => ("\x1b[33m", "\x1b[0m"),
            (_, Level::INFO) => ("\x1b[36m", "\x1b[0m"),
            _ => ("\x1b[37m", "\x1b[0m"),
        };
        let name = if level == Level::ERROR { "ERRO".to_owned() } else { format!("{level:.4}") };
        // A stack trace follows below the fields, so that they are not lost behind its last line.
        let (message, more) = fields.message.split_once('\n').unwrap_or((&fields.message, ""));
        let mut line = format!("{paint}{name}{reset}[{:04}] {message:<44}", self.started.elapsed().as_secs());
        for (key, value) in &fields.others {
            write!(line, " {paint}{key}{reset}={}", quoted(value))?;
        }
        line.truncate(line.trim_end().len());
        if !more.is_empty() {
            write!(line, "\n{}", more.trim_end().replace('\t', "    "))?;
        }
        Ok(line)
    }
}

fn text_line(level: Level, fields: &Fields) -> Result<String, fmt::Error> {
    let mut line = format!("time=\"{}\" level={} msg={}", now(), level_name(level), quoted(&fields.message));
    for (key, value) in &fields.others {
        write!(line, " {key}={}", quoted(value))?;
    }
    Ok(line)
}

fn json_line(level: Level, fields: Fields) -> String {
    let mut object: Map<String, Value> =
        fields.others.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    object.insert("level".into(), level_name(level).into());
    object.insert("msg".into(), fields.message.into());
    object.insert("time".into(), now().into());
    object.sort_keys();
    Value::Object(object).to_string()
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A value that could be mistaken for more than one word is quoted.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/@^+".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("{text:?}") }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Fields {
    fn redact(&mut self, redactor: &Redactor) {
        for text in self.others.iter_mut().map(|(_, value)| value).chain([&mut self.message]) {
            if let Cow::Owned(redacted) = redactor.redact(text) {
                *text = redacted;
            }
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.others.push((name, value.to_owned())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields { message: "hello world".into(), others: vec![("source", "console".into())] }
    }

    #[test]
    fn text_lines_are_k6s() {
        let line = text_line(Level::WARN, &fields()).expect("formats");
        let (time, rest) = line.split_once(' ').expect("has fields");
        assert!(time.starts_with("time=\"20") && time.ends_with("Z\""), "{time}");
        assert_eq!(rest, "level=warning msg=\"hello world\" source=console");
    }

    #[test]
    fn json_lines_are_objects() {
        let value: Value = serde_json::from_str(&json_line(Level::INFO, fields())).expect("is JSON");
        assert_eq!(value["msg"], "hello world");
        assert_eq!(value["source"], "console");
    }
}
