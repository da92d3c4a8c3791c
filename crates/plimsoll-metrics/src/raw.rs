//! Single samples, for outputs that stream them.
//!
//! Kept only when an output asked for them, in a bounded buffer; what does not fit is counted, and the run
//! goes on. Start from [`SampleBatch`].

use std::sync::Arc;

use crate::registry::MetricId;
use crate::shard::SeriesId;
use crate::tags::Tags;
use crate::time::Timestamp;

/// Key-value pairs that ride on a sample but do not key its series: k6's metadata (`vu`, `iter`, the script's
/// own).
pub type Metadata = Tags;

/// What a raw sample carries beyond its series: filled in only when raw samples are on.
#[derive(Debug, Clone, Default)]
pub struct SampleContext {
    /// The URL that k6 would put into the tags `url` and `name`, where the series carries its template
    /// instead. `None` where the series' own values are k6's (a `name` tag set by the script, a pinned URL,
    /// no URL at all).
    pub url: Option<Arc<str>>,
    /// Metadata of the sample.
    pub metadata: Option<Metadata>,
}

/// One recorded value.
#[derive(Debug, Clone)]
pub struct RawSample {
    /// The series, resolved by [`SampleBatch::series`].
    pub series: SeriesId,
    /// The value.
    pub value: f64,
    /// When it was taken.
    pub at: Timestamp,
    /// What it carries beyond its series.
    pub context: SampleContext,
}

/// The samples of one shard since the last batch, with what is needed to read them anywhere.
#[derive(Debug, Clone, Default)]
pub struct SampleBatch {
    /// In recording order.
    pub samples: Vec<RawSample>,
    /// Samples that did not fit into the buffer since the last batch.
    pub lost: u64,
    pub(crate) table: Arc<[(MetricId, Tags)]>,
}

impl SampleBatch {
    /// Metric and tags of a sample of this batch.
    #[must_use]
    pub fn series(&self, sample: &RawSample) -> (MetricId, &Tags) {
        let (metric, tags) = &self.table[sample.series.index()];
        (*metric, tags)
    }

    /// Whether there is nothing to write and nothing to report.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.lost == 0
    }
}

/// The bounded buffer in a shard.
#[derive(Debug)]
pub(crate) struct RawBuffer {
    samples: Vec<RawSample>,
    capacity: usize,
    lost: u64,
    table: Arc<[(MetricId, Tags)]>,
}

impl RawBuffer {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { samples: Vec::new(), capacity, lost: 0, table: Arc::new([]) }
    }

    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, sample: RawSample) {
        if self.samples.len() < self.capacity {
            self.samples.push(sample);
        } else {
            self.lost += 1;
        }
    }

    /// Hands over what there is. `table` describes the shard's series from the given index on; it is asked
    /// only when series were added since the last batch.
    pub(crate) fn take<I>(&mut self, series: usize, table: impl FnOnce(usize) -> I) -> SampleBatch
    where
        I: Iterator<Item = (MetricId, Tags)>,
    {
        if self.table.len() < series {
            let known = self.table.iter().cloned();
            self.table = known.chain(table(self.table.len())).collect();
        }
        // The next batch will be about as large as this one.
        let room = Vec::with_capacity(self.samples.len());
        SampleBatch {
            samples: std::mem::replace(&mut self.samples, room),
            lost: std::mem::take(&mut self.lost),
            table: Arc::clone(&self.table),
        }
    }
}
