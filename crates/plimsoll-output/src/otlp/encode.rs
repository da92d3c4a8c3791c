//! From series to OTLP metrics. Pure.
//!
//! As in k6, a counter is a sum, a gauge a gauge, a trend a histogram in its own unit, and a rate a sum
//! `NAME.total` with the attribute `condition`: `nonzero` or `zero`.

use plimsoll_metrics::{self as metrics, MetricId, Registry, Sink, Tags, Trend, ValueKind};
use rustc_hash::FxHashMap;

use super::message::{
    AnyValue, Buckets, CUMULATIVE, ExponentialHistogram, ExponentialPoint, ExportRequest, Histogram,
    HistogramPoint, KeyValue, Metric, NumberPoint, Resource, ResourceMetrics, Scope, ScopeMetrics, Sum,
};
use crate::cumulative::Series;

/// The default boundaries of OpenTelemetry's own client, which k6 uses.
const BOUNDS: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 5_000.0, 7_500.0,
    10_000.0,
];

/// What names and histograms look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Form {
    pub(super) service_name: String,
    pub(super) service_version: String,
    pub(super) metric_prefix: String,
    /// Whether trends become exponential histograms.
    pub(super) exponential: bool,
}

pub(super) struct Encoder {
    registry: Registry,
    form: Form,
}

/// What all points of a push have in common.
#[derive(Clone, Copy)]
struct Times {
    start: u64,
    time: u64,
}

impl Encoder {
    pub(super) fn new(registry: Registry, form: Form) -> Self {
        Self { registry, form }
    }

    /// All series as of `time`, in nanoseconds since 1970.
    pub(super) fn encode(&self, series: &[Series], time: u64) -> ExportRequest {
        let mut metrics: Vec<Metric> = Vec::new();
        let mut places: FxHashMap<MetricId, usize> = FxHashMap::default();
        for one in series {
            let place = *places.entry(one.metric).or_insert_with(|| {
                metrics.push(self.metric(one.metric));
                metrics.len() - 1
            });
            let times = Times { start: one.first.0.min(time), time };
            self.add(&mut metrics[place], one, times);
        }
        let Form { service_name, service_version, .. } = &self.form;
        let attributes = vec![pair("service.name", service_name), pair("service.version", service_version)];
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let scope = Scope { name: "plimsoll".to_owned(), version };
        ExportRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(Resource { attributes }),
                scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics }],
            }],
        }
    }

    /// A metric without points.
    fn metric(&self, id: MetricId) -> Metric {
        let metrics::Metric { name, kind, contains, .. } = self.registry.get(id);
        let suffix = if kind == metrics::MetricKind::Rate { ".total" } else { "" };
        let unit = match contains {
            ValueKind::Time => "ms",
            ValueKind::Data => "By",
            ValueKind::Default => "",
        };
        let name = format!("{}{name}{suffix}", self.form.metric_prefix);
        Metric { name, unit: unit.to_owned(), ..Metric::default() }
    }

    fn add(&self, metric: &mut Metric, series: &Series, times: Times) {
        let attributes = attributes(&series.tags);
        match &series.sink {
            Sink::Counter(counter) => sum(metric).push(number(attributes, times, Some(counter.sum), None)),
            Sink::Gauge(gauge) => {
                let points = &mut metric.gauge.get_or_insert_default().points;
                points.push(number(attributes, times, Some(gauge.last), None));
            }
            Sink::Rate(rate) => {
                for (condition, count) in [("nonzero", rate.nonzero), ("zero", rate.zero())] {
                    let mut attributes = attributes.clone();
                    attributes.push(pair("condition", condition));
                    let count = i64::try_from(count).unwrap_or(i64::MAX);
                    sum(metric).push(number(attributes, times, None, Some(count)));
                }
            }
            Sink::Trend(trend) if self.form.exponential => {
                let empty = ExponentialHistogram { temporality: CUMULATIVE, points: Vec::new() };
                let histogram = metric.exponential_histogram.get_or_insert(empty);
                histogram.points.push(exponential(trend, attributes, times));
            }
            Sink::Trend(trend) => {
                let empty = Histogram { temporality: CUMULATIVE, points: Vec::new() };
                let histogram = metric.histogram.get_or_insert(empty);
                histogram.points.push(explicit(trend, attributes, times));
            }
        }
    }
}

fn sum(metric: &mut Metric) -> &mut Vec<NumberPoint> {
    let empty = Sum { temporality: CUMULATIVE, is_monotonic: true, points: Vec::new() };
    &mut metric.sum.get_or_insert(empty).points
}

fn number(attributes: Vec<KeyValue>, times: Times, double: Option<f64>, int: Option<i64>) -> NumberPoint {
    let Times { start, time } = times;
    NumberPoint { attributes, start, time, double, int }
}

fn explicit(trend: &Trend, attributes: Vec<KeyValue>, Times { start, time }: Times) -> HistogramPoint {
    let mut below = 0;
    let up_to = BOUNDS.iter().map(|bound| trend.count_at_most(*bound)).chain([trend.count()]);
    let bucket_counts = up_to.map(|count| count - std::mem::replace(&mut below, count)).collect();
    HistogramPoint {
        attributes,
        start,
        time,
        count: trend.count(),
        sum: Some(trend.sum()),
        bucket_counts,
        bounds: BOUNDS.to_vec(),
        min: Some(trend.min()),
        max: Some(trend.max()),
    }
}

/// Buckets of 1.1 %. Four of a trend make one, without a loss: their boundaries are the same.
const SCALE: u32 = 6;

fn exponential(trend: &Trend, attributes: Vec<KeyValue>, Times { start, time }: Times) -> ExponentialPoint {
    let mut buckets = Buckets::default();
    let mut positive = 0;
    for bucket in trend.positive_buckets() {
        // A bucket of a trend has its upper end at 2^(number / 256), and OTLP counts from its lower end.
        let upper = (bucket.upper.min(f64::MAX).log2() * f64::from(1 << Trend::SCALE)).round() as i32;
        let number = (upper - 1) >> (Trend::SCALE - SCALE);
        if buckets.counts.is_empty() {
            buckets.offset = number;
        }
        let place = usize::try_from(number - buckets.offset).unwrap_or_default();
        if place >= buckets.counts.len() {
            buckets.counts.resize(place + 1, 0);
        }
        buckets.counts[place] += bucket.count;
        positive += bucket.count;
    }
    ExponentialPoint {
        attributes,
        start,
        time,
        count: trend.count(),
        sum: Some(trend.sum()),
        scale: SCALE as i32,
        zero_count: trend.count() - positive,
        positive: Some(buckets),
        min: Some(trend.min()),
        max: Some(trend.max()),
    }
}

fn attributes(tags: &Tags) -> Vec<KeyValue> {
    tags.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| pair(name, value)).collect()
}

fn pair(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { string: Some(value.to_owned()) }) }
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::{Timestamp, builtin};

    use super::*;

    fn series(metric: MetricId, tags: &[(&str, &str)], values: &[f64]) -> Series {
        let mut sink = Sink::new(metric.kind());
        values.iter().for_each(|value| sink.record(*value, Timestamp(7)));
        Series { metric, tags: tags.iter().copied().collect(), sink, first: Timestamp(7) }
    }

    fn metrics(exponential: bool, all: &[Series]) -> Vec<Metric> {
        let form = Form { metric_prefix: "k6.".to_owned(), exponential, ..Form::default() };
        let mut request = Encoder::new(Registry::new(), form).encode(all, 9);
        request.resource_metrics.remove(0).scope_metrics.remove(0).metrics
    }

    #[test]
    fn kinds_names_and_units_are_k6s() {
        let all = [
            series(builtin::DATA_SENT, &[("a", "1"), ("b", "")], &[10.0, 20.0]),
            series(builtin::VUS, &[], &[5.0]),
            series(builtin::CHECKS, &[], &[1.0, 1.0, 0.0]),
            series(builtin::DATA_SENT, &[("a", "2")], &[1.0]),
        ];
        let metrics = metrics(false, &all);
        let names: Vec<_> = metrics.iter().map(|one| (one.name.as_str(), one.unit.as_str())).collect();
        assert_eq!(names, [("k6.data_sent", "By"), ("k6.vus", ""), ("k6.checks.total", "")]);
        let sent = metrics[0].sum.as_ref().expect("a sum");
        assert!(sent.is_monotonic && sent.temporality == CUMULATIVE);
        assert_eq!((sent.points.len(), sent.points[0].double), (2, Some(30.0)));
        assert_eq!((sent.points[0].start, sent.points[0].time), (7, 9));
        assert_eq!(sent.points[0].attributes, [pair("a", "1")]);
        let checks = metrics[2].sum.as_ref().expect("a sum");
        let counts: Vec<_> =
            checks.points.iter().map(|point| (point.attributes[0].clone(), point.int)).collect();
        assert_eq!(counts, [(pair("condition", "nonzero"), Some(2)), (pair("condition", "zero"), Some(1))]);
    }

    #[test]
    fn trends_are_histograms_in_milliseconds() {
        let values = [0.0, 4.0, 60.0, 20_000.0];
        let metrics = metrics(false, &[series(builtin::HTTP_REQ_DURATION, &[], &values)]);
        let point = &metrics[0].histogram.as_ref().expect("a histogram").points[0];
        assert_eq!(metrics[0].unit, "ms");
        assert_eq!(point.bucket_counts, [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((point.count, point.min, point.max), (4, Some(0.0), Some(20_000.0)));
    }

    #[test]
    fn exponential_buckets_hold_their_values() {
        let values = [1.0, 1.005, 3.0, 1_000.0, 0.0];
        let metrics = metrics(true, &[series(builtin::HTTP_REQ_DURATION, &[], &values)]);
        let point = &metrics[0].exponential_histogram.as_ref().expect("a histogram").points[0];
        let buckets = point.positive.as_ref().expect("buckets");
        assert_eq!((point.count, point.zero_count, point.scale), (5, 1, 6));
        // A bucket n holds what is above 2^(n/64), up to 2^((n+1)/64).
        for (value, count) in [(1.0f64, 1), (1.005, 1), (3.0, 1), (1_000.0, 1)] {
            let number = (value.log2() * 64.0).ceil() as i32 - 1;
            let place = usize::try_from(number - buckets.offset).expect("not below the first");
            assert_eq!(buckets.counts[place], count, "{value}");
        }
        assert_eq!(buckets.counts.iter().sum::<u64>(), 4);
    }
}
