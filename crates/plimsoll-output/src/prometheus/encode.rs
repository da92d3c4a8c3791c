//! From series to time series: names, labels and values. Pure.
//!
//! Names are k6's, and beside them those that dashboards made for other tools ask for:
//!
//! | metric | time series |
//! |---|---|
//! | counter | `k6_NAME_total` |
//! | gauge | `k6_NAME` |
//! | rate | `k6_NAME_rate`, the share so far; `k6_NAME_total`, the samples that are not zero |
//! | trend | `k6_NAME_STAT` for each stat, or a native histogram `k6_NAME_seconds` |
//! | some trends | also `k6_NAME_bucket`, `k6_NAME_sum`, `k6_NAME_count`: a classic histogram |

use std::ops::Range;

use plimsoll_metrics::{Metric, MetricId, Registry, Sink, Tags, Trend, ValueKind};
use rustc_hash::FxHashMap;

use super::buckets::{Classic, native};
use super::message::{Label, Sample, TimeSeries};
use super::settings::{Stat, Trends};
use crate::cumulative::Series;

/// What marks the end of a time series.
const STALE: u64 = 0x7ff0_0000_0000_0002;

pub(super) struct Encoder {
    registry: Registry,
    trends: Trends,
    metrics: FxHashMap<MetricId, Metric>,
    /// What is remembered of each series, by its place.
    known: Vec<Known>,
    /// The time of the push before.
    pushed: i64,
}

/// A push that the server has judged is one that it has taken, or has refused for good. Another one may never
/// have reached it: what that said first has to be said again.
struct Known {
    labels: Vec<Label>,
    buckets: Classic,
    /// The time of the last push that the server has judged.
    judged: Option<i64>,
}

/// When something was, in milliseconds since 1970.
#[derive(Clone, Copy)]
struct Times {
    now: i64,
    /// Just before the first sample, if no push of the series was judged.
    birth: Option<i64>,
    /// The last push that was.
    before: i64,
}

impl Encoder {
    pub(super) fn new(registry: Registry, trends: Trends) -> Self {
        Self { registry, trends, metrics: FxHashMap::default(), known: Vec::new(), pushed: 0 }
    }

    /// The time series of each series as of `now`, in milliseconds; each push has to be later than the one
    /// before.
    pub(super) fn encode(&mut self, series: &[Series], now: i64) -> Vec<Vec<TimeSeries>> {
        let now = now.max(self.pushed + 1);
        let mut everything = Vec::with_capacity(series.len());
        for (place, one) in series.iter().enumerate() {
            if place == self.known.len() {
                let (labels, buckets) = (labels(&one.tags), Classic::default());
                self.known.push(Known { labels, buckets, judged: None });
            }
            let (registry, known) = (&self.registry, &mut self.known[place]);
            let metric = self.metrics.entry(one.metric).or_insert_with(|| registry.get(one.metric));
            let first = i64::try_from(one.first.0 / 1_000_000).unwrap_or(i64::MAX);
            let birth = known.judged.is_none().then_some(first.min(now) - 1);
            let times = Times { now, birth, before: known.judged.unwrap_or_default() };
            let (trends, mut all) = (&self.trends, Vec::new());
            Target { metric, trends, times, labels: &known.labels, all: &mut all }
                .push(one, &mut known.buckets);
            everything.push(all);
        }
        self.pushed = now;
        everything
    }

    /// The server has judged these of the last push, by their places.
    pub(super) fn judged(&mut self, places: Range<usize>) {
        for known in &mut self.known[places] {
            known.judged = Some(self.pushed);
            known.buckets.judged();
        }
    }

    /// The same time series, ended.
    pub(super) fn end(&mut self, series: &[Series]) -> Vec<Vec<TimeSeries>> {
        let mut all = self.encode(series, 0);
        for one in all.iter_mut().flatten() {
            let sample = Sample { value: f64::from_bits(STALE), timestamp: self.pushed };
            (one.samples, one.histograms) = (vec![sample], Vec::new());
        }
        all
    }
}

/// Where the time series of one series go.
struct Target<'a> {
    metric: &'a Metric,
    trends: &'a Trends,
    times: Times,
    labels: &'a [Label],
    all: &'a mut Vec<TimeSeries>,
}

impl Target<'_> {
    fn push(&mut self, series: &Series, buckets: &mut Classic) {
        match &series.sink {
            Sink::Counter(counter) => self.total("total", counter.sum),
            Sink::Gauge(gauge) => self.gauge("", gauge.last),
            Sink::Rate(rate) => {
                self.gauge("rate", rate.share());
                self.total("total", rate.nonzero as f64);
            }
            Sink::Trend(trend) => self.trend(trend, buckets),
        }
    }

    fn trend(&mut self, trend: &Trend, buckets: &mut Classic) {
        let is_time = self.metric.contains == ValueKind::Time;
        let scale = if is_time { 1e-3 } else { 1.0 };
        let is_classic = self.trends.is_classic(&self.metric.name);
        if self.trends.native {
            let suffix = match self.metric.contains {
                ValueKind::Time => "seconds",
                ValueKind::Data => "bytes",
                ValueKind::Default => "",
            };
            let histograms = vec![native(trend, scale, self.times.now)];
            let labels = self.named(suffix, None);
            self.all.push(TimeSeries { labels, samples: Vec::new(), histograms });
        } else {
            for Stat { suffix, aggregate } in &self.trends.stats {
                // A histogram has these as well.
                if !(is_classic && matches!(suffix.as_str(), "sum" | "count")) {
                    let scale = if suffix == "count" { 1.0 } else { scale };
                    self.gauge(suffix, aggregate.of(trend) * scale);
                }
            }
        }
        if is_classic {
            for step in buckets.steps(trend, is_time) {
                let before =
                    step.before.map(|count| Sample { value: count as f64, timestamp: self.times.before });
                self.counter("bucket", Some(&step.le), before, step.count as f64);
            }
            self.counter("bucket", Some("+Inf"), None, trend.count() as f64);
            self.total("sum", trend.sum() * scale);
            self.total("count", trend.count() as f64);
        }
    }

    fn gauge(&mut self, suffix: &str, value: f64) {
        let (labels, timestamp) = (self.named(suffix, None), self.times.now);
        let samples = vec![Sample { value, timestamp }];
        self.all.push(TimeSeries { labels, samples, histograms: Vec::new() });
    }

    fn total(&mut self, suffix: &str, value: f64) {
        self.counter(suffix, None, None, value);
    }

    /// Something that grows. The first push that arrives says that it began at zero: without that, Prometheus
    /// would not count what had happened by then.
    fn counter(&mut self, suffix: &str, le: Option<&str>, before: Option<Sample>, value: f64) {
        let birth = self.times.birth.map(|timestamp| Sample { value: 0.0, timestamp });
        let now = Sample { value, timestamp: self.times.now };
        let samples = birth.or(before).into_iter().chain([now]).collect();
        let labels = self.named(suffix, le);
        self.all.push(TimeSeries { labels, samples, histograms: Vec::new() });
    }

    /// The labels of a time series, sorted as the protocol wants them.
    fn named(&self, suffix: &str, le: Option<&str>) -> Vec<Label> {
        let separator = if suffix.is_empty() { "" } else { "_" };
        let value = format!("k6_{}{separator}{suffix}", self.metric.name);
        let mut labels = vec![Label { name: "__name__".to_owned(), value }];
        labels.extend(self.labels.iter().filter(|label| le.is_none() || label.name != "le").cloned());
        labels.extend(le.map(|le| Label { name: "le".to_owned(), value: le.to_owned() }));
        labels.sort_unstable();
        labels
    }
}

/// Tags as labels: those without a value are left out, and names are made ones that Prometheus takes.
fn labels(tags: &Tags) -> Vec<Label> {
    let usable = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = |name: &str| {
        let name: String = name.chars().map(|c| if usable(c) { c } else { '_' }).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
    };
    let tags = tags.iter().filter(|(name, value)| !name.is_empty() && !value.is_empty());
    let mut labels: Vec<_> =
        tags.map(|(tag, value)| Label { name: name(tag), value: value.to_owned() }).collect();
    labels.sort_unstable();
    labels.dedup_by(|later, kept| later.name == kept.name);
    labels
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::{Timestamp, builtin};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn series(metric: MetricId, tags: &[(&str, &str)], values: &[f64]) -> Series {
        let mut sink = Sink::new(metric.kind());
        values.iter().for_each(|value| sink.record(*value, Timestamp(SECOND)));
        Series { metric, tags: tags.iter().copied().collect(), sink, first: Timestamp(SECOND) }
    }

    fn trends(stats: &str, native: bool) -> Trends {
        let stats = Stat::parse_all(stats).expect("valid");
        Trends { stats, native, classic: vec!["http_req_duration".to_owned()] }
    }

    /// `name{labels} value@ms value@ms`, without those of a histogram's boundaries.
    fn text(all: &[Vec<TimeSeries>]) -> Vec<String> {
        let one = |series: &TimeSeries| {
            let name = &series.labels.iter().find(|label| label.name == "__name__").expect("a name").value;
            let rest = series.labels.iter().filter(|label| label.name != "__name__");
            let labels: Vec<_> = rest.map(|label| format!("{}={}", label.name, label.value)).collect();
            let samples: Vec<_> = series
                .samples
                .iter()
                .map(|sample| format!("{}@{}", sample.value, sample.timestamp))
                .collect();
            format!("{name}{{{}}} {}", labels.join(","), samples.join(" "))
        };
        let is_finite_bucket = |series: &&TimeSeries| {
            series.labels.iter().any(|label| label.name == "le" && label.value != "+Inf")
        };
        all.iter().flatten().filter(|series| !is_finite_bucket(series)).map(one).collect()
    }

    #[test]
    fn names_are_k6s_and_those_of_the_dashboard() {
        let mut encoder =
            Encoder::new(Registry::new(), trends("p(99),p(99.9),avg,min,max,med,count,sum", false));
        let tags = [("status", "200"), ("error", ""), ("my-tag", "x"), ("1st", "y")];
        let all = [
            series(builtin::HTTP_REQS, &tags, &[1.0, 1.0]),
            series(builtin::VUS, &[], &[3.0, 2.0]),
            series(builtin::HTTP_REQ_FAILED, &[], &[1.0, 0.0, 0.0, 0.0]),
            series(builtin::ITERATION_DURATION, &[], &[2_000.0, 2_000.0]),
            series(builtin::HTTP_REQ_DURATION, &[], &[4_000.0]),
        ];
        assert_eq!(
            text(&encoder.encode(&all, 5_000)),
            [
                "k6_http_reqs_total{_1st=y,my_tag=x,status=200} 0@999 2@5000",
                "k6_vus{} 2@5000",
                "k6_http_req_failed_rate{} 0.25@5000",
                "k6_http_req_failed_total{} 0@999 1@5000",
                "k6_iteration_duration_p99{} 2@5000",
                "k6_iteration_duration_p999{} 2@5000",
                "k6_iteration_duration_avg{} 2@5000",
                "k6_iteration_duration_min{} 2@5000",
                "k6_iteration_duration_max{} 2@5000",
                "k6_iteration_duration_med{} 2@5000",
                "k6_iteration_duration_count{} 2@5000",
                "k6_iteration_duration_sum{} 4@5000",
                "k6_http_req_duration_p99{} 4@5000",
                "k6_http_req_duration_p999{} 4@5000",
                "k6_http_req_duration_avg{} 4@5000",
                "k6_http_req_duration_min{} 4@5000",
                "k6_http_req_duration_max{} 4@5000",
                "k6_http_req_duration_med{} 4@5000",
                "k6_http_req_duration_bucket{le=+Inf} 0@999 1@5000",
                "k6_http_req_duration_sum{} 0@999 4@5000",
                "k6_http_req_duration_count{} 0@999 1@5000",
            ]
        );
        encoder.judged(0..all.len());
        let again = text(&encoder.encode(&all[..1], 5_000));
        assert_eq!(again, ["k6_http_reqs_total{_1st=y,my_tag=x,status=200} 2@5001"], "later, and no birth");
        let end = encoder.end(&all[..1]).concat();
        assert_eq!((end[0].samples[0].value.to_bits(), end[0].samples[0].timestamp), (STALE, 5_002));
    }

    #[test]
    fn a_birth_is_told_until_the_server_has_it() {
        let mut encoder = Encoder::new(Registry::new(), trends("p(99)", false));
        let all = [
            series(builtin::HTTP_REQS, &[], &[1.0, 1.0]),
            series(builtin::ITERATIONS, &[], &[1.0]),
            series(builtin::HTTP_REQ_DURATION, &[], &[4_000.0]),
        ];
        let is_born = |encoder: &mut Encoder| {
            let all = encoder.encode(&all, 5_000);
            all.iter().map(|one| one.last().is_some_and(|one| one.samples.len() == 2)).collect::<Vec<_>>()
        };
        assert_eq!(is_born(&mut encoder), [true; 3]);
        assert_eq!(is_born(&mut encoder), [true; 3], "the first push did not arrive");
        encoder.judged(1..3);
        assert_eq!(is_born(&mut encoder), [true, false, false], "some of the second did");
    }

    #[test]
    fn native_histograms_take_the_place_of_stats() {
        let mut encoder = Encoder::new(Registry::new(), trends("p(99)", true));
        let all = encoder.encode(&[series(builtin::GROUP_DURATION, &[], &[2_100.0, 0.0])], 5_000);
        assert_eq!(text(&all), ["k6_group_duration_seconds{} "]);
        let histogram = &all[0][0].histograms[0];
        assert_eq!((histogram.count, histogram.zero_count, histogram.timestamp), (2, 1, 5_000));
        assert!((histogram.sum - 2.1).abs() < 1e-9);
        assert_eq!(
            (histogram.positive_spans.len(), histogram.positive_spans[0].offset),
            (1, 69),
            "above 2^(68/64)"
        );
    }
}
