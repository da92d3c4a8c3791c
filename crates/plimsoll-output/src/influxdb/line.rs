//! From samples to the line protocol: `http_reqs,method=GET,status=200 value=1,url="…" 1795420761675414644`.

use std::io::Write as _;

use plimsoll_metrics::{MetricId, RawSample, Registry, SampleBatch, Tags};
use rustc_hash::{FxHashMap, FxHashSet};

use super::settings::Settings;
use crate::output::RunStart;

/// What a tag becomes that is no tag in InfluxDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Text,
    Whole,
    Decimal,
    Truth,
}

impl FieldKind {
    pub(super) const EXPECTED: &'static str =
        "names of tags, each with :string, :int, :float or :bool if need be";

    /// k6's: what has a new value for each request.
    pub(super) fn defaults() -> Vec<(String, Self)> {
        [("vu", Self::Whole), ("iter", Self::Whole), ("url", Self::Text)]
            .map(|(name, kind)| (name.to_owned(), kind))
            .into()
    }

    /// `url,vu:int`
    pub(super) fn parse_all(text: &str) -> Option<Vec<(String, Self)>> {
        let one = |part: &str| {
            let (name, kind) = part.split_once(':').unwrap_or((part, "string"));
            let kind = match kind {
                "string" => Self::Text,
                "int" => Self::Whole,
                "float" => Self::Decimal,
                "bool" => Self::Truth,
                _ => return None,
            };
            (!name.is_empty()).then(|| (name.to_owned(), kind))
        };
        text.split(',').map(|part| one(part.trim())).collect()
    }

    /// Appends `,name=value`. A value that is not of the kind is left out: the database would refuse the
    /// whole point.
    fn push(self, name: &str, value: &str, line: &mut Vec<u8>) {
        let value = match self {
            Self::Text => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Whole => match value.parse::<i64>() {
                Ok(whole) => format!("{whole}i"),
                Err(_) => return,
            },
            Self::Decimal => match value.parse::<f64>() {
                Ok(decimal) if decimal.is_finite() => decimal.to_string(),
                _ => return,
            },
            Self::Truth => match value.parse::<bool>() {
                Ok(truth) => truth.to_string(),
                Err(_) => return,
            },
        };
        line.push(b',');
        push_key(line, name);
        line.push(b'=');
        line.extend_from_slice(value.as_bytes());
    }
}

/// So many different series are kept as text; past that they are made anew.
const SERIES_TEXTS: usize = 100_000;

pub(super) struct Encoder {
    registry: Registry,
    nanos_per_unit: u64,
    fields: Vec<(String, FieldKind)>,
    series: FxHashMap<(MetricId, Tags), Series>,
}

/// What the points of a series have in common.
struct Series {
    name: String,
    /// Measurement and tags.
    head: Vec<u8>,
    /// Fields but the value.
    fields: Vec<u8>,
    times: Times,
}

/// The times of a series' latest points. InfluxDB keeps one point of those that share series and time.
///
/// Workers hand in about a second of samples each, so that times go back and forth by about that much.
#[derive(Default)]
struct Times {
    since: u64,
    these: FxHashSet<u64>,
    /// Those before.
    older: FxHashSet<u64>,
    /// The time that was asked for last, and the one that was given: all between them are taken.
    last: (u64, u64),
}

impl Times {
    /// The first time from `at` on, in nanoseconds, that no other point has.
    fn distinct(&mut self, mut at: u64) -> u64 {
        const GENERATION: u64 = 5_000_000_000;
        if at > self.since + GENERATION {
            self.since = at;
            self.older = std::mem::take(&mut self.these);
        }
        let asked = at;
        if asked == self.last.0 {
            at = self.last.1 + 1;
        }
        while self.older.contains(&at) || !self.these.insert(at) {
            at += 1;
        }
        self.last = (asked, at);
        at
    }
}

impl Encoder {
    pub(super) fn new(settings: &Settings, run: &RunStart) -> Self {
        let (registry, fields) = (run.registry.clone(), settings.fields.clone());
        Self { registry, nanos_per_unit: settings.precision.nanos(), fields, series: FxHashMap::default() }
    }

    /// Appends a line; says no if the line protocol cannot carry the value.
    pub(super) fn sample(&mut self, batch: &SampleBatch, sample: &RawSample, lines: &mut Vec<u8>) -> bool {
        if !sample.value.is_finite() {
            return false;
        }
        let (id, tags) = batch.series(sample);
        let Self { registry, fields, series, nanos_per_unit } = self;
        let key = (id, tags.clone());
        if series.len() >= SERIES_TEXTS && !series.contains_key(&key) {
            series.clear();
        }
        let series = series.entry(key).or_insert_with(|| Series::new(&registry.get(id).name, tags, fields));
        let url = sample.context.url.as_deref();
        match url {
            None => lines.extend_from_slice(&series.head),
            Some(_) => push_head(&series.name, tags, url, fields, lines),
        }
        write!(lines, " value={}", sample.value).expect("memory takes it");
        match url {
            None => lines.extend_from_slice(&series.fields),
            Some(_) => push_fields(tags, url, fields, lines),
        }
        if let Some(metadata) = &sample.context.metadata {
            push_fields(metadata, None, fields, lines);
        }
        let at = match *nanos_per_unit {
            1 => series.times.distinct(sample.at.0),
            nanos => sample.at.0 / nanos,
        };
        writeln!(lines, " {at}").expect("memory takes it");
        true
    }
}

impl Series {
    fn new(name: &str, tags: &Tags, as_fields: &[(String, FieldKind)]) -> Self {
        let (mut head, mut fields) = (Vec::new(), Vec::new());
        push_head(name, tags, None, as_fields, &mut head);
        push_fields(tags, None, as_fields, &mut fields);
        Self { name: name.to_owned(), head, fields, times: Times::default() }
    }
}

fn push_head(name: &str, tags: &Tags, url: Option<&str>, fields: &[(String, FieldKind)], line: &mut Vec<u8>) {
    push_measurement(line, name);
    for (name, value) in tags.iter() {
        let value = raw(name, url).unwrap_or(value);
        let is_field = fields.iter().any(|(field, _)| field == name);
        let is_nothing = |text: &str| text.trim_end_matches('\\').is_empty();
        if is_field || is_nothing(name) || is_nothing(value) {
            continue;
        }
        line.push(b',');
        push_key(line, name);
        line.push(b'=');
        push_key(line, value);
    }
}

fn push_fields(tags: &Tags, url: Option<&str>, fields: &[(String, FieldKind)], line: &mut Vec<u8>) {
    for (name, kind) in fields {
        if let Some(value) = tags.get(name).filter(|value| !value.is_empty()) {
            kind.push(name, raw(name, url).unwrap_or(value), line);
        }
    }
}

fn raw<'a>(name: &str, url: Option<&'a str>) -> Option<&'a str> {
    url.filter(|_| matches!(name, "name" | "url"))
}

fn push_measurement(line: &mut Vec<u8>, name: &str) {
    push_escaped(line, name, &[',', ' ']);
}

/// A tag's name or value, or a field's name.
fn push_key(line: &mut Vec<u8>, text: &str) {
    push_escaped(line, text, &[',', ' ', '=']);
}

/// A backslash is itself, except before what has to be escaped and at the end. InfluxDB 1 and 2 take whatever
/// has a backslash before it for escaped, InfluxDB 3 takes two backslashes for an escaped one, after which a
/// blank ends the tags. There is no way to write that one for all of them, so it is dropped.
fn push_escaped(line: &mut Vec<u8>, text: &str, special: &[char]) {
    let mut buffer = [0; 4];
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        // A line ends a point, whatever stands before it.
        let c = if matches!(c, '\n' | '\r') { ' ' } else { c };
        if special.contains(&c) {
            line.push(b'\\');
        } else {
            line.extend(std::iter::repeat_n(b'\\', backslashes));
        }
        backslashes = 0;
        line.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(tags: &[(&str, &str)]) -> String {
        let mut line = Vec::new();
        push_head("m", &tags.iter().copied().collect(), None, &FieldKind::defaults(), &mut line);
        String::from_utf8(line).expect("UTF-8")
    }

    #[test]
    fn what_the_protocol_uses_is_escaped() {
        assert_eq!(
            head(&[("a b", "c,d=e"), ("n", "1\n2"), ("ü", "\"x\"")]),
            r#"m,a\ b=c\,d\=e,n=1\ 2,ü="x""#
        );
        assert_eq!(head(&[("empty", ""), ("end", "x\\"), ("url", "u")]), "m,end=x");
    }

    #[test]
    fn backslashes_do_not_join_what_they_stand_before() {
        assert_eq!(head(&[("disk", r"C:\ temp\a\\b"), ("n\\", "v")]), r"m,disk=C:\ temp\a\\b,n=v");
        assert_eq!(head(&[(r"a\=b", r"c\\,d"), (r"\", "x"), ("x", r"\\")]), r"m,a\=b=c\,d");
        assert_eq!(head(&[("line", "a\\\nb")]), r"m,line=a\ b");
    }

    #[test]
    fn fields_have_their_kinds() {
        let kinds = FieldKind::parse_all("s,i:int,f:float,b:bool").expect("valid");
        let push = |tags: &[(&str, &str)]| {
            let mut line = Vec::new();
            push_fields(&tags.iter().copied().collect(), None, &kinds, &mut line);
            String::from_utf8(line).expect("UTF-8")
        };
        assert_eq!(
            push(&[("s", "a\"\\"), ("i", "7"), ("f", "1.5"), ("b", "true")]),
            r#",s="a\"\\",i=7i,f=1.5,b=true"#
        );
        assert_eq!(push(&[("i", "x"), ("f", "inf"), ("b", "1"), ("other", "x")]), "");
        for wrong in ["a:number", "", ":int", "a,,b"] {
            assert_eq!(FieldKind::parse_all(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn points_of_one_instant_have_times_of_their_own() {
        let mut times = Times::default();
        let second = 1_000_000_000;
        let mut seen = std::collections::BTreeSet::new();
        // Two workers, each with its own second of the same 60.
        for at in (0..60).flat_map(|n| [n * second, n * second]) {
            for step in 0..500 {
                let distinct = times.distinct(at + step / 2 * 100);
                assert!(distinct - at <= step / 2 * 100 + 4, "moved too far");
                assert!(seen.insert(distinct), "twice");
            }
        }
        assert!(times.these.len() + times.older.len() <= 12_000, "old times are forgotten");
    }
}
