//! `--out name[=argument]`.

use std::path::PathBuf;

use plimsoll_metrics::nearest::nearest;

use crate::error::SpecError;
use crate::json::{Json, Target};
use crate::output::Output;

/// An output as asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputSpec {
    /// k6's JSON lines.
    Json(Target),
}

const SUPPORTED: &str = "json";

/// Outputs of k6 that are not there yet.
const NOT_YET: [&str; 7] = [
    "cloud",
    "csv",
    "experimental-opentelemetry",
    "experimental-prometheus-rw",
    "influxdb",
    "opentelemetry",
    "web-dashboard",
];

impl OutputSpec {
    /// Reads one `--out` argument.
    ///
    /// # Errors
    /// The output does not exist, or not yet.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let (name, argument) = text.split_once('=').map_or((text, None), |(name, rest)| (name, Some(rest)));
        match name.trim() {
            "json" => Ok(Self::Json(target(argument))),
            name if NOT_YET.contains(&name) => {
                Err(SpecError::NotSupportedYet { name: name.to_owned(), supported: SUPPORTED })
            }
            name => {
                let known = NOT_YET.into_iter().chain([SUPPORTED]);
                let nearest = nearest(name, known).map(str::to_owned);
                Err(SpecError::Unknown { name: name.to_owned(), nearest, supported: SUPPORTED })
            }
        }
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn parse_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, Vec<SpecError>> {
        let mut specs = Vec::new();
        let mut errors = Vec::new();
        for text in texts {
            match Self::parse(text) {
                Ok(spec) if specs.contains(&spec) => errors.push(SpecError::Twice { spec: text.to_owned() }),
                Ok(spec) => specs.push(spec),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(specs) } else { Err(errors) }
    }

    /// The output, not yet started.
    #[must_use]
    pub fn build(self) -> Box<dyn Output> {
        match self {
            Self::Json(target) => Box::new(Json::new(target)),
        }
    }
}

fn target(argument: Option<&str>) -> Target {
    match argument.map(str::trim) {
        None | Some("" | "-") => Target::Stdout,
        Some(path) => Target::File(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_takes_a_file_or_stdout() {
        for text in ["json", "json=", "json=-"] {
            assert_eq!(OutputSpec::parse(text), Ok(OutputSpec::Json(Target::Stdout)), "{text}");
        }
        let file = OutputSpec::Json(Target::File(PathBuf::from("out=1.json.gz")));
        assert_eq!(OutputSpec::parse("json=out=1.json.gz"), Ok(file));
    }

    #[test]
    fn what_is_not_there_says_so() {
        let text = |spec: &str| OutputSpec::parse(spec).expect_err(spec).to_string();
        assert_eq!(text("csv=x.csv"), "output 'csv' is not supported yet; supported: json");
        assert_eq!(text("jsn=x"), "unknown output 'jsn' (did you mean 'json'?); supported: json");
        assert_eq!(text("statsd"), "unknown output 'statsd'; supported: json");
        assert_eq!(text(""), "unknown output ''; supported: json");
    }

    #[test]
    fn every_problem_is_reported() {
        let errors = OutputSpec::parse_all(["json=a", "csv", "json=a", "json=b", "x"]).expect_err("three");
        let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "output 'csv' is not supported yet; supported: json",
                "output 'json=a' is given twice",
                "unknown output 'x'; supported: json",
            ]
        );
    }
}
