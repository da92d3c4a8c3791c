//! From samples to rows.

use std::io::Write as _;

use plimsoll_metrics::{MetricId, RawSample, Registry, SampleBatch, Tags, Timestamp};
use rustc_hash::FxHashMap;

use crate::file::Encode;
use crate::output::{RunEnd, RunStart};
use crate::time::{push_rfc3339, push_rfc3339_nano};

/// How the time of a sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMilli,
    /// Microseconds since 1970.
    UnixMicro,
    /// Nanoseconds since 1970.
    UnixNano,
    /// `2026-11-23T07:59:21Z`
    Rfc3339,
    /// `2026-11-23T07:59:21.675414644Z`
    Rfc3339Nano,
}

impl TimeFormat {
    pub(super) const EXPECTED: &'static str =
        "unix, unix_milli, unix_micro, unix_nano, rfc3339 or rfc3339_nano";

    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "unix" => Self::Unix,
            "unix_milli" => Self::UnixMilli,
            "unix_micro" => Self::UnixMicro,
            "unix_nano" => Self::UnixNano,
            "rfc3339" => Self::Rfc3339,
            "rfc3339_nano" => Self::Rfc3339Nano,
            _ => return None,
        })
    }

    fn push(self, row: &mut Vec<u8>, at: Timestamp) {
        let unit = match self {
            Self::Unix => 1_000_000_000,
            Self::UnixMilli => 1_000_000,
            Self::UnixMicro => 1_000,
            Self::UnixNano => 1,
            Self::Rfc3339 => return push_rfc3339(row, at),
            Self::Rfc3339Nano => return push_rfc3339_nano(row, at),
        };
        write!(row, "{}", at.0 / unit).expect("memory takes it");
    }
}

/// Tags that are never columns: they are metadata of samples.
const METADATA: [&str; 2] = ["iter", "vu"];

/// So many different tag sets are kept as text; past that they are made anew.
const TAG_TEXTS: usize = 100_000;

pub(super) struct Encoder {
    time_format: TimeFormat,
    registry: Registry,
    /// The names of the columns for tags, sorted.
    columns: Vec<String>,
    metrics: FxHashMap<MetricId, Vec<u8>>,
    /// The columns of tags and extra tags, commas around them included.
    tags: FxHashMap<Tags, Vec<u8>>,
}

impl Encoder {
    pub(super) fn new(time_format: TimeFormat) -> Self {
        let registry = Registry::default();
        let (metrics, tags) = (FxHashMap::default(), FxHashMap::default());
        Self { time_format, registry, columns: Vec::new(), metrics, tags }
    }

    /// Appends `,check,…,url,extra_tags,`.
    fn tags(&mut self, tags: &Tags, url: Option<&str>, row: &mut Vec<u8>) {
        if url.is_some() {
            return push_tags(&self.columns, tags, url, row);
        }
        if !self.tags.contains_key(tags) {
            if self.tags.len() >= TAG_TEXTS {
                self.tags.clear();
            }
            let mut text = Vec::new();
            push_tags(&self.columns, tags, None, &mut text);
            self.tags.insert(tags.clone(), text);
        }
        row.extend_from_slice(&self.tags[tags]);
    }
}

impl Encode for Encoder {
    fn begin(&mut self, run: &RunStart, rows: &mut Vec<u8>) {
        self.registry = run.registry.clone();
        self.columns = run.system_tags.clone();
        self.columns.retain(|tag| !METADATA.contains(&tag.as_str()));
        self.columns.sort();
        rows.extend_from_slice(b"metric_name,timestamp,metric_value,");
        for column in &self.columns {
            rows.extend_from_slice(column.as_bytes());
            rows.push(b',');
        }
        rows.extend_from_slice(b"extra_tags,metadata\n");
    }

    fn sample(&mut self, batch: &SampleBatch, sample: &RawSample, rows: &mut Vec<u8>) {
        let (id, tags) = batch.series(sample);
        let registry = &self.registry;
        let name = self.metrics.entry(id).or_insert_with(|| registry.get(id).name.as_bytes().to_vec());
        rows.extend_from_slice(name);
        rows.push(b',');
        self.time_format.push(rows, sample.at);
        rows.push(b',');
        push_value(rows, sample.value);
        self.tags(tags, sample.context.url.as_deref(), rows);
        if let Some(metadata) = &sample.context.metadata {
            push_field(rows, &joined(metadata.iter()));
        }
        rows.push(b'\n');
    }

    fn end(&mut self, _end: &RunEnd, _rows: &mut Vec<u8>) {}
}

fn push_tags(columns: &[String], tags: &Tags, url: Option<&str>, row: &mut Vec<u8>) {
    let raw = |name: &str| url.filter(|_| matches!(name, "name" | "url"));
    for column in columns {
        row.push(b',');
        push_field(row, tags.get(column).map_or("", |value| raw(column).unwrap_or(value)));
    }
    row.push(b',');
    let extra = tags.iter().filter(|(name, _)| columns.binary_search_by(|c| c.as_str().cmp(name)).is_err());
    push_field(row, &joined(extra));
    row.push(b',');
}

fn joined<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A number as Go's `%f` has it.
fn push_value(row: &mut Vec<u8>, value: f64) {
    if value.is_infinite() {
        row.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else {
        write!(row, "{value:.6}").expect("memory takes it");
    }
}

/// A field, in quotes where Go's writer puts them.
fn push_field(row: &mut Vec<u8>, text: &str) {
    let is_plain =
        !text.contains([',', '"', '\r', '\n']) && !text.starts_with(char::is_whitespace) && text != "\\.";
    if is_plain {
        return row.extend_from_slice(text.as_bytes());
    }
    row.push(b'"');
    row.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    row.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_as_go_quotes_them() {
        for (text, field) in [
            ("", ""),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            (" a", "\" a\""),
            ("a\nb", "\"a\nb\""),
            ("\\.", "\"\\.\""),
            ("ü", "ü"),
        ] {
            let mut row = Vec::new();
            push_field(&mut row, text);
            assert_eq!(String::from_utf8_lossy(&row), field);
        }
    }

    #[test]
    fn values_have_six_decimals() {
        for (value, text) in [
            (1.0, "1.000000"),
            (1.124_031_4, "1.124031"),
            (-0.5, "-0.500000"),
            (1e21, "1000000000000000000000.000000"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            let mut row = Vec::new();
            push_value(&mut row, value);
            assert_eq!(String::from_utf8_lossy(&row), text);
        }
    }

    #[test]
    fn every_time_format_is_k6s() {
        let at = Timestamp(1_795_420_761_675_414_640);
        for (name, text) in [
            ("unix", "1795420761"),
            ("unix_milli", "1795420761675"),
            ("unix_micro", "1795420761675414"),
            ("unix_nano", "1795420761675414640"),
            ("rfc3339", "2026-11-23T07:59:21Z"),
            ("rfc3339_nano", "2026-11-23T07:59:21.67541464Z"),
        ] {
            let mut row = Vec::new();
            TimeFormat::parse(name).expect(name).push(&mut row, at);
            assert_eq!(String::from_utf8_lossy(&row), text, "{name}");
            assert!(TimeFormat::EXPECTED.contains(name));
        }
        assert_eq!(TimeFormat::parse("iso"), None);
    }
}
