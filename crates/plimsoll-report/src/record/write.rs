//! Makes the frames of a record.

use plimsoll_metrics::Registry;

use super::VERSION;
use super::frame::{Kind, MAGIC, frame};
use super::header::{End, Header};
use super::second::{Names, Second};

/// Makes the bytes of a record, piece by piece; whoever has it appends each piece to the file.
///
/// What it remembers grows with the number of series, which the run caps.
#[derive(Debug)]
pub struct Writer {
    names: Names,
    base: u64,
}

impl Writer {
    /// Begins a record. The bytes are those of its header.
    #[must_use]
    pub fn begin(header: Header, registry: &Registry) -> (Self, Vec<u8>) {
        let header = header.with_metrics(registry);
        let metrics: Vec<_> =
            registry.all().iter().take(header.metrics.len()).map(|metric| metric.id).collect();
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend(frame(Kind::Header, &json(&header)));
        (Self { names: Names::with(metrics), base: header.begun }, bytes)
    }

    /// The next second as bytes.
    pub fn second(&mut self, second: &Second, registry: &Registry) -> Vec<u8> {
        frame(Kind::Second, &second.encode(&mut self.names, registry, self.base))
    }

    /// The end as bytes; nothing follows.
    #[must_use]
    pub fn end(self, end: &End) -> Vec<u8> {
        frame(Kind::End, &json(end))
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("these types have text keys and go into memory")
}
