//! Where log lines go, as `--log-output` says it.

use std::path::PathBuf;

use tracing::Level;

/// Where log lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogOutput {
    Stderr,
    Stdout,
    None,
    File {
        path: PathBuf,
        /// Lines below this level are left out.
        level: Level,
    },
}

/// k6's name for the file when none is given.
const DEFAULT_FILE: &str = "k6.log";

impl LogOutput {
    /// Reads `stderr`, `stdout`, `none` or `file=PATH,level=LEVEL`. Nothing at all means stderr.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" | "stderr" => return Ok(LogOutput::Stderr),
            "stdout" => return Ok(LogOutput::Stdout),
            "none" => return Ok(LogOutput::None),
            _ => {}
        }
        let mut parts = text.split(',');
        let path = match parts.next().unwrap_or_default().split_once('=') {
            None if text == "file" || text.starts_with("file,") => DEFAULT_FILE,
            Some(("file", "")) => return Err("expected a path behind file=".to_owned()),
            Some(("file", path)) => path,
            _ if text.starts_with("loki") => {
                return Err("loki is not supported; write a file and let an agent ship it".to_owned());
            }
            _ => return Err("expected stderr, stdout, none, or file=PATH".to_owned()),
        };
        let mut level = Level::TRACE;
        for part in parts {
            match part.split_once('=') {
                Some(("level", name)) => level = parse_level(name)?,
                _ => return Err(format!("unknown setting {part}, expected level=LEVEL")),
            }
        }
        Ok(LogOutput::File { path: path.into(), level })
    }
}

/// k6's names; its two levels above error have nothing of their own here.
fn parse_level(name: &str) -> Result<Level, String> {
    match name {
        "panic" | "fatal" | "error" => Ok(Level::ERROR),
        "warn" | "warning" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err(format!("unknown level {name}, expected error, warning, info or debug")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, level: Level) -> Result<LogOutput, String> {
        Ok(LogOutput::File { path: path.into(), level })
    }

    #[test]
    fn reads_k6s_notation() {
        assert_eq!(LogOutput::parse(""), Ok(LogOutput::Stderr));
        assert_eq!(LogOutput::parse("none"), Ok(LogOutput::None));
        assert_eq!(LogOutput::parse("file"), file(DEFAULT_FILE, Level::TRACE));
        assert_eq!(LogOutput::parse("file,level=info"), file(DEFAULT_FILE, Level::INFO));
        assert_eq!(LogOutput::parse("file=a=b.log"), file("a=b.log", Level::TRACE));
        assert_eq!(LogOutput::parse("file=a.log,level=warning"), file("a.log", Level::WARN));
    }

    #[test]
    fn says_what_it_expected() {
        for (text, why) in [
            ("loki=http://localhost:3100", "not supported"),
            ("loki", "not supported"),
            ("syslog", "expected stderr"),
            ("file=", "a path"),
            ("file=a,level=loud", "unknown level loud"),
            ("file=a,size=3", "unknown setting size=3"),
        ] {
            let error = LogOutput::parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
