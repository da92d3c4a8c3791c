//! Short spellings for the tests.

use plimsoll_metrics::{
    Aggregate, MetricId, MetricKind, Pins, Registry, Shard, ShardConfig, Symbol, TagKey, TagSetId, Timestamp,
    ValueKind,
};
use std::sync::Arc;

/// A shard and the aggregate that absorbs it.
pub(crate) struct Run {
    pub(crate) registry: Registry,
    pub(crate) shard: Shard,
    pub(crate) aggregate: Aggregate,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self::with(ShardConfig::default())
    }

    pub(crate) fn with(config: ShardConfig) -> Self {
        Self { registry: Registry::new(), shard: Shard::new(config), aggregate: Aggregate::new() }
    }

    /// The metric of that name; a new trend when there is none.
    pub(crate) fn metric(&self, name: &str) -> MetricId {
        self.registry.by_name(name).map_or_else(|| self.declare(name, MetricKind::Trend), |metric| metric.id)
    }

    pub(crate) fn declare(&self, name: &str, kind: MetricKind) -> MetricId {
        self.registry.declare(name, kind, ValueKind::Default).expect("a new name")
    }

    pub(crate) fn record(&mut self, name: &str, tags: &[(&str, &str)], value: f64) {
        self.record_at(name, tags, value, 1);
    }

    pub(crate) fn record_at(&mut self, name: &str, tags: &[(&str, &str)], value: f64, at: u64) {
        let metric = self.metric(name);
        let tags = tag_set(&mut self.shard, tags);
        let series = self.shard.series(metric, tags);
        self.shard.record(series, value, Timestamp(at));
    }

    pub(crate) fn absorb(&mut self) {
        self.aggregate.absorb(&mut self.shard);
    }
}

pub(crate) fn tag_set(shard: &mut Shard, tags: &[(&str, &str)]) -> TagSetId {
    let pairs = pairs(shard, tags);
    shard.tag_set(&pairs)
}

pub(crate) fn pairs(shard: &mut Shard, tags: &[(&str, &str)]) -> Vec<(TagKey, Symbol)> {
    tags.iter().map(|(name, value)| (shard.tag_key(name), shard.symbol(value))).collect()
}

/// A small cap, and pins for the pairs given.
pub(crate) fn capped(max_tag_sets: usize, pinned: &[(&str, &str)]) -> ShardConfig {
    let mut pins = Pins::default();
    for (name, value) in pinned {
        pins.insert(name, value);
    }
    ShardConfig { max_tag_sets, pins: Arc::new(pins), ..ShardConfig::default() }
}
