//! Reads records, whole or cut off.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_metrics::{MetricId, Registry};

use super::VERSION;
use super::frame::{self, Kind, MAGIC, PREAMBLE};
use super::header::{Bound, End, Header};
use super::merge::Together;
use super::second::{Names, Second};

/// The record of a run, or of several instances of one that ran together.
#[derive(Debug, Clone)]
pub struct Record {
    /// What was known from the start. Of several instances, that of the first.
    pub header: Header,
    /// What was known in the end; `None` when the run did not come to it.
    pub end: Option<End>,
    /// What is missing behind the last whole second.
    pub cut: Option<Cut>,
    pub(super) registry: Registry,
    pub(super) bound: Bound,
    pub(super) streams: Vec<Stream>,
    /// What the reader must know of several records that became one.
    pub(super) notes: Vec<String>,
}

/// The end of a file that holds no whole frame, or whatever is behind one that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes of the file count.
    pub whole: u64,
    /// How many do not.
    pub torn: u64,
    /// Whether whole frames follow what is torn: then it is not where writing ended. They are of no use,
    /// since they use names that a frame which is missing may have brought.
    pub is_damage: bool,
}

/// Why a file cannot be read as a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// It is something else.
    NoRecord,
    /// A newer plimsoll wrote it.
    Newer {
        /// The version of its form.
        version: u16,
    },
    /// It ends before anything is said of the run.
    Empty,
    /// Its checksums are right, and what it says makes no sense.
    Malformed {
        /// Where the frame begins that is meant.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
}

impl std::error::Error for RecordError {}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoRecord => f.write_str("it is not the record of a run"),
            Self::Newer { version } => write!(
                f,
                "it was written by a newer plimsoll: its form has version {version}, and this plimsoll knows \
                 versions up to {VERSION}"
            ),
            Self::Empty => f.write_str("it was cut off before anything was said of the run"),
            Self::Malformed { offset, why } => write!(f, "it is damaged at byte {offset}: {why}"),
        }
    }
}

/// The seconds of one file.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) bytes: Arc<[u8]>,
    pub(super) seconds: Vec<Range<usize>>,
    /// Those of its header, as the record's registry knows them.
    pub(super) metrics: Vec<MetricId>,
    pub(super) base: u64,
    /// Of its form.
    pub(super) version: u16,
    /// When its test began, on the clock of its samples.
    pub(super) started_at: u64,
}

impl Record {
    /// Reads a file. Every second is looked at, so that later ones cannot fail.
    ///
    /// # Errors
    /// When it is no record, or one of a newer plimsoll, or damaged otherwise than by being cut off.
    pub fn read(bytes: impl Into<Arc<[u8]>>) -> Result<Self, RecordError> {
        let bytes: Arc<[u8]> = bytes.into();
        let version = version(&bytes)?;
        let mut frames = Frames { bytes: &bytes, at: PREAMBLE };
        let (_, kind, content) = frames.next().ok_or(RecordError::Empty)??;
        let malformed = |why| RecordError::Malformed { offset: PREAMBLE as u64, why };
        if kind != Kind::Header {
            return Err(malformed("it does not begin with a header"));
        }
        let header: Header =
            serde_json::from_slice(&content).map_err(|_| malformed("its header cannot be read"))?;
        let registry = Registry::new();
        let metrics = header.declare(&registry).map_err(|error| malformed(error.0))?;
        let mut stream = Stream {
            bytes: Arc::clone(&bytes),
            seconds: Vec::new(),
            metrics,
            base: header.begun,
            version,
            started_at: header.begun,
        };
        let end = stream.scan(&mut frames, &registry)?;
        let whole = frames.at as u64;
        let torn = bytes.len() as u64 - whole;
        if let Some(end) = &end {
            stream.started_at = end.run.started_at.0;
        }
        let bound = header.bind(&registry).map_err(|error| malformed(error.0))?;
        let is_damage = end.is_none() && frame::follows(&bytes[frames.at..]);
        let cut = (torn > 0 || end.is_none()).then_some(Cut { whole, torn, is_damage });
        Ok(Record { header, end, cut, registry, bound, streams: vec![stream], notes: Vec::new() })
    }

    /// A record whose seconds have these contents, for tests of the parser: what is in a frame is only read
    /// when its checksum is right.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    #[cfg(any(test, fuzzing))]
    pub fn of_contents<'a>(contents: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, RecordError> {
        use crate::model::Settings;
        let registry = Registry::new();
        let header =
            Header::default().with_settings(&Settings::default(), plimsoll_metrics::NoDataPolicy::Fail);
        let (_, mut file) = super::write::Writer::begin(header, &registry);
        for content in contents {
            file.extend(frame::frame(Kind::Second, content));
        }
        Self::read(file)
    }

    /// The seconds in order. Those of several instances that ran together are merged, each by its distance
    /// from the start of its test.
    #[must_use]
    pub fn seconds(&self) -> Seconds<'_> {
        match self.streams.as_slice() {
            [one] => Seconds(Inner::One(one.decode(&self.registry))),
            several => Seconds(Inner::Several(Together::of(several, &self.registry))),
        }
    }

    /// The metrics of the run.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Its thresholds and goals, and what was asked of the summary.
    #[must_use]
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    /// How many instances of the test there were.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.streams.len()
    }

    /// How long the test went on, the warm-up excepted, as far as the record knows.
    #[must_use]
    pub fn duration(&self) -> Duration {
        match &self.end {
            Some(end) => end.run.duration,
            None => self.seconds().map(|second| second.at).max().unwrap_or_default(),
        }
    }
}

/// Which form the file has.
fn version(bytes: &[u8]) -> Result<u16, RecordError> {
    let magic = bytes.get(..MAGIC.len()).ok_or(RecordError::NoRecord)?;
    if magic != MAGIC {
        return Err(RecordError::NoRecord);
    }
    let version = bytes.get(MAGIC.len()..PREAMBLE).ok_or(RecordError::Empty)?;
    match u16::from_le_bytes([version[0], version[1]]) {
        version if version > VERSION => Err(RecordError::Newer { version }),
        version => Ok(version),
    }
}

/// Whole frames, one after the other; `at` stays in front of the first that is not whole.
struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Frames<'_> {
    /// Where its content is, its kind, and the content.
    type Item = Result<(Range<usize>, Kind, Vec<u8>), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = frame::next(&self.bytes[self.at..])?;
        let end = self.at + found.length;
        let range = end - found.content.len()..end;
        let why = "a frame cannot be expanded";
        let expanded = frame::expand(found.content)
            .ok_or(RecordError::Malformed { offset: self.at as u64, why })
            .map(|content| (range, found.kind, content));
        self.at = end;
        Some(expanded)
    }
}

impl Stream {
    /// Looks at every second.
    fn scan(&mut self, frames: &mut Frames<'_>, registry: &Registry) -> Result<Option<End>, RecordError> {
        let mut names = Names::with(self.metrics.clone());
        let mut offset = frames.at;
        while let Some(next) = frames.next() {
            let (range, kind, content) = next?;
            let malformed = |why| RecordError::Malformed { offset: offset as u64, why };
            match kind {
                Kind::Header => return Err(malformed("it has a second header")),
                Kind::End => {
                    let end = serde_json::from_slice(&content).ok();
                    return end.ok_or_else(|| malformed("its end cannot be read")).map(Some);
                }
                Kind::Second => {
                    let second = Second::decode(&content, &mut names, registry, self.base);
                    self.started_at = second.map_err(|error| malformed(error.0))?.began.0;
                    self.seconds.push(range);
                }
            }
            offset = frames.at;
        }
        Ok(None)
    }

    pub(super) fn decode<'a>(&'a self, registry: &'a Registry) -> Decoder<'a> {
        Decoder { stream: self, registry, names: Names::with(self.metrics.clone()), next: 0 }
    }
}

/// The seconds of a record, in order.
#[derive(Debug)]
pub struct Seconds<'a>(Inner<'a>);

#[derive(Debug)]
enum Inner<'a> {
    One(Decoder<'a>),
    Several(Together<'a>),
}

impl Iterator for Seconds<'_> {
    type Item = Second;

    fn next(&mut self) -> Option<Second> {
        match &mut self.0 {
            Inner::One(decoder) => decoder.next(),
            Inner::Several(together) => together.next(),
        }
    }
}

/// The seconds of one file.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    pub(super) stream: &'a Stream,
    registry: &'a Registry,
    names: Names,
    next: usize,
}

impl Iterator for Decoder<'_> {
    type Item = Second;

    fn next(&mut self) -> Option<Second> {
        let range = self.stream.seconds.get(self.next)?.clone();
        self.next += 1;
        let content = frame::expand(&self.stream.bytes[range]).expect("it was expanded before");
        let second = Second::decode(&content, &mut self.names, self.registry, self.stream.base);
        let mut second = second.expect("it was decoded before");
        if self.stream.version < 2 {
            second.began_in_scenarios = !second.scenarios.is_empty();
        }
        Some(second)
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::{Aggregate, Sink, Tags, Timestamp, builtin};
    use proptest::prelude::*;

    use super::*;

    /// The content of a second that has a bit of everything.
    fn content() -> Vec<u8> {
        let mut part = Aggregate::new();
        let tags = Tags::from_iter([("method", "GET"), ("name", "http://t/")]);
        for (metric, values) in [
            (builtin::HTTP_REQS, vec![1.0; 3]),
            (builtin::HTTP_REQ_DURATION, vec![1.5, 0.0, 70.25]),
            (builtin::CHECKS, vec![1.0, 0.0]),
            (builtin::VUS, vec![4.0]),
        ] {
            let mut sink = Sink::new(metric.kind());
            values.iter().for_each(|value| sink.record(*value, Timestamp(5)));
            part.add(metric, &tags, &sink, (Timestamp(3), Timestamp(5)));
        }
        let second = Second { part, at: Duration::from_secs(1), vus: 4, started: 2, ..Second::default() };
        let registry = Registry::new();
        let mut names = Names::with(registry.all().iter().map(|metric| metric.id).collect());
        second.encode(&mut names, &registry, 0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Checksums that are right make no content right.
        #[test]
        fn no_content_makes_the_reader_panic(
            changes in prop::collection::vec((0usize..400, any::<u8>()), 0..6),
        ) {
            let mut content = content();
            for (place, byte) in changes {
                let place = place % content.len();
                content[place] = byte;
            }
            if let Ok(record) = Record::of_contents([content.as_slice(), &content]) {
                let (summary, _) = record.summary(record.bound().settings.clone(), record.bound().no_data);
                prop_assert!(summary.run.ended_early.is_some());
            }
        }
    }

    #[test]
    fn what_is_sound_is_read() {
        let record = Record::of_contents([content().as_slice()]).expect("sound");
        let second = record.seconds().next().expect("one");
        assert_eq!(second.part.series().count(), 4);
        assert_eq!(second.part.total(builtin::HTTP_REQ_DURATION).map(Sink::count), Some(3));
    }
}
