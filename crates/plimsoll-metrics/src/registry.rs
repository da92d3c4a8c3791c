//! Metric definitions: name, kind and meaning of every metric of a run.
//!
//! Identity is kept apart from value: a [`MetricId`] is all that the recording path carries; names live here.
//! Start from [`Registry`].

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::builtin;
use crate::error::DeclareError;

/// How samples of a metric are aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// A running sum.
    Counter,
    /// The last value, with the smallest and the largest seen.
    Gauge,
    /// The share of non-zero values.
    Rate,
    /// A distribution.
    Trend,
}

impl MetricKind {
    const ALL: [Self; 4] = [Self::Counter, Self::Gauge, Self::Rate, Self::Trend];

    /// k6's word for the kind, as in its JSON lines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Rate => "rate",
            Self::Trend => "trend",
        }
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the values of a metric stand for; k6 calls it `contains`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ValueKind {
    /// A plain number.
    #[default]
    Default,
    /// Milliseconds.
    Time,
    /// Bytes.
    Data,
}

impl ValueKind {
    /// k6's word for it, as in its JSON lines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Time => "time",
            Self::Data => "data",
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A metric's identity: its place in the [`Registry`] and its kind.
///
/// The kind rides in the low two bits, so that a shard can create the right sink without asking the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(u32);

impl MetricId {
    pub(crate) const fn new(index: u32, kind: MetricKind) -> Self {
        Self((index << 2) | kind as u32)
    }

    /// How samples of this metric are aggregated.
    #[must_use]
    pub fn kind(self) -> MetricKind {
        MetricKind::ALL[(self.0 & 3) as usize]
    }

    /// Position in declaration order; built-ins first.
    #[must_use]
    pub fn index(self) -> usize {
        (self.0 >> 2) as usize
    }
}

/// A metric's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its identity.
    pub id: MetricId,
    /// Its name, as the script and every output spell it.
    pub name: Arc<str>,
    /// How its samples are aggregated.
    pub kind: MetricKind,
    /// What its values stand for.
    pub contains: ValueKind,
}

/// All metrics of a run: the built-in ones, then the script's own in declaration order.
///
/// A cheap handle: clones share one table, because every VU may declare metrics in its init context while
/// outputs and reports look names up. Nothing on the recording path touches it.
#[derive(Clone)]
pub struct Registry {
    table: Arc<RwLock<Table>>,
}

struct Table {
    metrics: Vec<Metric>,
    by_name: FxHashMap<Arc<str>, MetricId>,
}

impl Registry {
    /// More custom metrics than this in one run are a script error (a metric created in a loop), not a need.
    pub const MAX_METRICS: usize = 10_000;

    /// A registry that holds the built-in metrics.
    #[must_use]
    pub fn new() -> Self {
        let mut table = Table { metrics: Vec::new(), by_name: FxHashMap::default() };
        for builtin in builtin::ALL {
            let id = table.push(builtin.name, builtin.id.kind(), builtin.contains);
            debug_assert_eq!(id, builtin.id, "built-ins are listed in index order");
        }
        Self { table: Arc::new(RwLock::new(table)) }
    }

    /// Declares a metric, or returns the id of an identical earlier declaration.
    ///
    /// # Errors
    /// The name breaks k6's rule (`^[a-zA-Z_][a-zA-Z0-9_]{1,128}$`), or exists with another type or meaning.
    pub fn declare(
        &self,
        name: &str,
        kind: MetricKind,
        contains: ValueKind,
    ) -> Result<MetricId, DeclareError> {
        if !is_valid_name(name) {
            return Err(DeclareError::InvalidName { name: name.to_owned() });
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = table.by_name.get(name) {
            return same_or_conflict(&table.metrics[id.index()], kind, contains);
        }
        if table.metrics.len() >= Self::MAX_METRICS {
            return Err(DeclareError::TooMany { name: name.to_owned(), limit: Self::MAX_METRICS });
        }
        Ok(table.push(name, kind, contains))
    }

    /// The definition behind an id of this registry.
    ///
    /// # Panics
    /// If the id comes from another registry with more metrics.
    #[must_use]
    pub fn get(&self, id: MetricId) -> Metric {
        self.read(|table| table.metrics[id.index()].clone())
    }

    /// The metric of that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Metric> {
        self.read(|table| table.by_name.get(name).map(|id| table.metrics[id.index()].clone()))
    }

    /// All metrics in declaration order.
    #[must_use]
    pub fn all(&self) -> Vec<Metric> {
        self.read(|table| table.metrics.clone())
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|table| f.debug_struct("Registry").field("metrics", &table.metrics.len()).finish())
    }
}

impl Table {
    fn push(&mut self, name: &str, kind: MetricKind, contains: ValueKind) -> MetricId {
        let index = u32::try_from(self.metrics.len()).expect("bounded by Registry::MAX_METRICS");
        let id = MetricId::new(index, kind);
        let name: Arc<str> = name.into();
        self.by_name.insert(Arc::clone(&name), id);
        self.metrics.push(Metric { id, name, kind, contains });
        id
    }
}

fn same_or_conflict(
    existing: &Metric,
    kind: MetricKind,
    contains: ValueKind,
) -> Result<MetricId, DeclareError> {
    if existing.kind != kind {
        let name = existing.name.to_string();
        return Err(DeclareError::OtherKind { name, existing: existing.kind, wanted: kind });
    }
    if existing.contains != contains {
        let name = existing.name.to_string();
        return Err(DeclareError::OtherContains { name, existing: existing.contains, wanted: contains });
    }
    Ok(existing.id)
}

/// k6's rule: 2 to 129 ASCII letters, digits or underscores, not starting with a digit.
fn is_valid_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (2..=129).contains(&bytes.len())
        && !bytes[0].is_ascii_digit()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_ins_have_their_constants() {
        let registry = Registry::new();
        for builtin in builtin::ALL {
            let metric = registry.by_name(builtin.name).expect("declared by new()");
            assert_eq!((metric.id, metric.contains), (builtin.id, builtin.contains), "{}", builtin.name);
        }
        assert_eq!(&*registry.get(builtin::HTTP_REQ_DURATION).name, "http_req_duration");
    }

    #[test]
    fn the_same_declaration_returns_the_same_metric() {
        let registry = Registry::new();
        let first = registry.declare("wait_time", MetricKind::Trend, ValueKind::Time);
        assert_eq!(first, registry.clone().declare("wait_time", MetricKind::Trend, ValueKind::Time));
        assert_eq!(first.map(MetricId::kind), Ok(MetricKind::Trend));
    }

    #[test]
    fn another_type_or_meaning_is_refused() {
        let registry = Registry::new();
        let refusal =
            registry.declare("http_reqs", MetricKind::Rate, ValueKind::Default).expect_err("a counter");
        assert_eq!(
            refusal.to_string(),
            "metric 'http_reqs' already exists but with type counter, instead of rate"
        );
        let refusal =
            registry.declare("http_req_duration", MetricKind::Trend, ValueKind::Default).expect_err("time");
        assert_eq!(
            refusal.to_string(),
            "metric 'http_req_duration' already exists but with a value type time, instead of default"
        );
    }

    #[test]
    fn names_follow_k6() {
        let long = "x".repeat(130);
        for bad in ["", "a", "9lives", "with-dash", "späti", "sp ace", &long] {
            assert!(!is_valid_name(bad), "{bad:?}");
        }
        for good in ["ab", "_x", "A9_", &long[..129]] {
            assert!(is_valid_name(good), "{good:?}");
        }
    }

    #[test]
    fn the_number_of_metrics_is_limited() {
        let registry = Registry::new();
        let refused = (0..=Registry::MAX_METRICS)
            .find_map(|n| registry.declare(&format!("m_{n}"), MetricKind::Counter, ValueKind::Default).err());
        assert!(matches!(refused, Some(DeclareError::TooMany { .. })), "{refused:?}");
    }
}
