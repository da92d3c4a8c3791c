//! What samples add up to since the start, by series: for outputs that push totals rather than samples.
//!
//! Series are those of the shards, so their number is capped, and their URLs are templates. Start from
//! [`Cumulative`].

use plimsoll_metrics::{MetricId, SampleBatch, SeriesId, Sink, Tags, Timestamp};
use rustc_hash::FxHashMap;

/// All series so far.
#[derive(Default)]
pub(crate) struct Cumulative {
    series: Vec<Series>,
    index: FxHashMap<(MetricId, Tags), usize>,
    /// The time of the latest sample.
    latest: Timestamp,
    samples: u64,
}

/// One series.
pub(crate) struct Series {
    pub(crate) metric: MetricId,
    pub(crate) tags: Tags,
    pub(crate) sink: Sink,
    /// The time of its first sample.
    pub(crate) first: Timestamp,
}

impl Cumulative {
    /// Adds the samples of a batch; returns how many could not be added, since they are infinite.
    pub(crate) fn absorb(&mut self, batch: &SampleBatch) -> u64 {
        // Found once for each series of the batch, not for each sample.
        let mut places: FxHashMap<SeriesId, usize> = FxHashMap::default();
        let mut refused = 0;
        for sample in &batch.samples {
            if !sample.value.is_finite() {
                refused += 1;
                continue;
            }
            let place = match places.get(&sample.series) {
                Some(place) => *place,
                None => {
                    let (metric, tags) = batch.series(sample);
                    let place = self.place(metric, tags, sample.at);
                    places.insert(sample.series, place);
                    place
                }
            };
            let series = &mut self.series[place];
            series.first = series.first.min(sample.at);
            series.sink.record(sample.value, sample.at);
            self.latest = self.latest.max(sample.at);
            self.samples += 1;
        }
        refused
    }

    fn place(&mut self, metric: MetricId, tags: &Tags, first: Timestamp) -> usize {
        let (index, all) = (&mut self.index, &mut self.series);
        *index.entry((metric, tags.clone())).or_insert_with(|| {
            all.push(Series { metric, tags: tags.clone(), sink: Sink::new(metric.kind()), first });
            all.len() - 1
        })
    }

    /// In the order of their first samples.
    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    pub(crate) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// How many samples were added.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }
}
