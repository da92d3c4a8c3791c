//! `--out name[=argument]`.

use std::path::PathBuf;

use plimsoll_metrics::nearest::nearest;

use crate::error::SpecError;
use crate::file::Target;
use crate::output::Output;
use crate::settings::Variables;
use crate::{csv, influxdb, json, otlp, prometheus, statsd};

/// An output as asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputSpec {
    /// k6's JSON lines.
    Json(Target),
    /// k6's comma-separated values.
    Csv(csv::Settings),
    /// InfluxDB.
    Influxdb(Box<influxdb::Settings>),
    /// Prometheus' remote write.
    Prometheus(Box<prometheus::Settings>),
    /// A collector of OpenTelemetry.
    OpenTelemetry(Box<otlp::Settings>),
    /// StatsD.
    Statsd(statsd::Settings),
}

const SUPPORTED: [&str; 6] =
    ["csv", "experimental-prometheus-rw", "influxdb", "json", "opentelemetry", "statsd"];

/// Outputs of k6 that are not there yet.
const NOT_YET: [&str; 2] = ["cloud", "web-dashboard"];

impl OutputSpec {
    /// Reads one `--out` argument, and the variables of its output.
    ///
    /// # Errors
    /// The output does not exist, or not yet, or all that is wrong with its settings.
    pub fn parse(text: &str, variables: &Variables) -> Result<Self, Vec<SpecError>> {
        let (name, argument) = text.split_once('=').map_or((text, None), |(name, rest)| (name, Some(rest)));
        match name.trim() {
            "json" => Ok(Self::Json(Target::named(argument.unwrap_or_default()))),
            "csv" => csv::Settings::read(argument, variables).map(Self::Csv),
            // The second is the name of k6's extension for InfluxDB 2.
            "influxdb" | "xk6-influxdb" => {
                let settings = influxdb::Settings::read(argument, variables)?;
                Ok(Self::Influxdb(Box::new(settings)))
            }
            "experimental-prometheus-rw" => {
                let settings = prometheus::Settings::read(argument, variables)?;
                Ok(Self::Prometheus(Box::new(settings)))
            }
            // The second is k6 1's name.
            "opentelemetry" | "experimental-opentelemetry" => {
                let settings = otlp::Settings::read(argument, variables)?;
                Ok(Self::OpenTelemetry(Box::new(settings)))
            }
            "statsd" => statsd::Settings::read(argument, variables).map(Self::Statsd),
            name if NOT_YET.contains(&name) => Err(vec![SpecError::NotSupportedYet {
                name: name.to_owned(),
                supported: SUPPORTED.join(", "),
            }]),
            name => {
                let known = NOT_YET.into_iter().chain(SUPPORTED);
                let nearest = nearest(name, known).map(str::to_owned);
                let supported = SUPPORTED.join(", ");
                Err(vec![SpecError::Unknown { name: without_url(name), nearest, supported }])
            }
        }
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn parse_all<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        variables: &Variables,
    ) -> Result<Vec<Self>, Vec<SpecError>> {
        let mut specs: Vec<Self> = Vec::new();
        let mut errors = Vec::new();
        for text in texts {
            match Self::parse(text, variables) {
                Ok(spec) => match specs.iter().find_map(|before| spec.conflict(before)) {
                    Some(problem) => errors.push(problem),
                    None => specs.push(spec),
                },
                Err(problems) => errors.extend(problems),
            }
        }
        if errors.is_empty() { Ok(specs) } else { Err(errors) }
    }

    /// Why it cannot be used beside one that was given before, if it cannot.
    fn conflict(&self, before: &Self) -> Option<SpecError> {
        if self == before {
            return Some(SpecError::Twice { output: self.shown() });
        }
        let file = self.file()?;
        let is_same = before.file().is_some_and(|other| other == file);
        is_same.then(|| SpecError::SameFile { one: before.shown(), other: self.shown(), file })
    }

    /// The file that only one output may write.
    fn file(&self) -> Option<PathBuf> {
        self.target()?.file()
    }

    fn target(&self) -> Option<&Target> {
        match self {
            Self::Json(target) | Self::Csv(csv::Settings { target, .. }) => Some(target),
            _ => None,
        }
    }

    /// As it may be given, without what may be secret.
    fn shown(&self) -> String {
        let name = match self {
            Self::Json(_) => "json",
            Self::Csv(_) => "csv",
            Self::Influxdb(_) => "influxdb",
            Self::Prometheus(_) => "experimental-prometheus-rw",
            Self::OpenTelemetry(_) => "opentelemetry",
            Self::Statsd(_) => "statsd",
        };
        self.target().map_or_else(|| name.to_owned(), |target| format!("{name}={}", target.name()))
    }

    /// The output, not yet started.
    #[must_use]
    pub fn build(self) -> Box<dyn Output> {
        match self {
            Self::Json(target) => Box::new(json::output(target)),
            Self::Csv(settings) => Box::new(settings.output()),
            Self::Prometheus(settings) => Box::new(prometheus::Prometheus::new(*settings)),
            Self::OpenTelemetry(settings) => Box::new(otlp::OpenTelemetry::new(*settings)),
            Self::Statsd(settings) => Box::new(statsd::Statsd::new(settings)),
            Self::Influxdb(settings) => Box::new(influxdb::Influxdb::new(*settings)),
        }
    }
}

/// What stands where a name belongs. If it is a URL, it may hold a password.
fn without_url(name: &str) -> String {
    name.find("://").map_or_else(|| name.to_owned(), |end| format!("{}://…", &name[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::TimeFormat;

    fn parse(text: &str) -> Result<OutputSpec, String> {
        let told =
            |errors: Vec<SpecError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        OutputSpec::parse(text, &Variables::new()).map_err(told)
    }

    #[test]
    fn json_takes_a_file_or_stdout() {
        for text in ["json", "json=", "json=-"] {
            assert_eq!(parse(text), Ok(OutputSpec::Json(Target::Stdout)), "{text}");
        }
        let file = OutputSpec::Json(Target::File(PathBuf::from("out=1.json.gz")));
        assert_eq!(parse("json=out=1.json.gz"), Ok(file));
    }

    #[test]
    fn csv_takes_a_file_or_options() {
        let csv = |target: &str, time_format| {
            Ok(OutputSpec::Csv(csv::Settings { target: Target::named(target), time_format }))
        };
        assert_eq!(parse("csv"), csv("file.csv", TimeFormat::Unix));
        assert_eq!(parse("csv=-"), csv("-", TimeFormat::Unix));
        assert_eq!(parse("csv=a.csv.gz"), csv("a.csv.gz", TimeFormat::Unix));
        let options = "csv=fileName=b.csv,saveInterval=2s,timeFormat=rfc3339_nano";
        assert_eq!(parse(options), csv("b.csv", TimeFormat::Rfc3339Nano));
        let problems = parse("csv=timeFormat=iso,file=x,saveInterval=0").expect_err("three");
        assert_eq!(
            problems,
            "output 'csv': timeFormat is 'iso', expected unix, unix_milli, unix_micro, unix_nano, rfc3339 or \
             rfc3339_nano\n\
             output 'csv': saveInterval is '0', expected a duration above zero, such as 500ms or 10s\n\
             output 'csv' has no option 'file'; it has: fileName, timeFormat, saveInterval"
        );
    }

    #[test]
    fn csv_has_k6s_variables() {
        let variables = [("K6_CSV_FILENAME", "v.csv"), ("K6_CSV_TIME_FORMAT", "unix_nano")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let spec = OutputSpec::parse("csv", &variables).expect("valid");
        let expected = csv::Settings { target: Target::named("v.csv"), time_format: TimeFormat::UnixNano };
        assert_eq!(spec, OutputSpec::Csv(expected));
    }

    /// How messages about unknown outputs end.
    fn supported() -> String {
        format!("; supported: {}", SUPPORTED.join(", "))
    }

    #[test]
    fn what_is_not_there_says_so() {
        for (spec, problem) in [
            ("cloud", "output 'cloud' is not supported yet"),
            ("jsn=x", "unknown output 'jsn' (did you mean 'json'?)"),
            ("", "unknown output ''"),
            ("influxdb:http://me:secret@h", "unknown output 'influxdb:http://…'"),
        ] {
            assert_eq!(parse(spec), Err(problem.to_owned() + &supported()));
        }
    }

    fn all_problems(texts: &[&str]) -> Vec<String> {
        let errors = OutputSpec::parse_all(texts.iter().copied(), &Variables::new()).expect_err("problems");
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_has_one_output() {
        let file = std::path::absolute("no/such/run.gz").expect("a folder");
        let would = format!("would both write '{}'; give each its own file", file.display());
        assert_eq!(
            all_problems(&["json=no/such/run.gz", "csv=./no/such/run.gz", "json=./no/such/run.gz"]),
            [
                format!("outputs 'json=no/such/run.gz' and 'csv=./no/such/run.gz' {would}"),
                format!("outputs 'json=no/such/run.gz' and 'json=./no/such/run.gz' {would}"),
            ]
        );
        let texts = ["json=a", "csv=b", "json", "csv=-"];
        assert_eq!(OutputSpec::parse_all(texts, &Variables::new()).map(|specs| specs.len()), Ok(4));
        let devices = ["json=/dev/null", "csv=/dev/null"];
        assert_eq!(OutputSpec::parse_all(devices, &Variables::new()).map(|specs| specs.len()), Ok(2));
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_the_file_it_leads_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").expect("writable");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let texts = [format!("json={}", file.display()), format!("csv={}", link.display())];
        let problems = all_problems(&texts.each_ref().map(String::as_str));
        assert!(problems[0].contains("give each its own file"), "{problems:?}");
    }

    #[test]
    fn what_is_given_twice_is_told_without_secrets() {
        let url = "influxdb=http://me:secret@h/secret";
        assert_eq!(all_problems(&[url, url]), ["output 'influxdb' is given twice"]);
    }

    #[test]
    fn every_problem_is_reported() {
        let texts = ["json=a", "cloud", "json=a", "json=b", "x"];
        assert_eq!(
            all_problems(&texts),
            [
                "output 'cloud' is not supported yet".to_owned() + &supported(),
                "output 'json=a' is given twice".to_owned(),
                "unknown output 'x'".to_owned() + &supported(),
            ]
        );
    }
}
