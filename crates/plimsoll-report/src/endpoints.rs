//! The per-endpoint table: which requests took the time, and which failed.

use std::time::Duration;

use plimsoll_metrics::{Aggregate, MetricId, SeriesView, Sink, Trend, builtin, tag};
use rustc_hash::FxHashMap;

use crate::format;

/// One endpoint, or several under one label.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// HTTP method; empty for rows that are not one endpoint.
    pub method: String,
    /// The request's name: the `name` tag, which is the URL's template unless the script set it.
    pub name: String,
    /// Requests.
    pub count: u64,
    /// Requests whose outcome was judged, and how many of them failed.
    pub judged: u64,
    /// See `judged`.
    pub failed: u64,
    /// Distribution of their durations.
    pub duration: Trend,
}

/// All endpoints, the one that took the most time first.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// The endpoints.
    pub rows: Vec<Endpoint>,
    /// All of them together, from the global counters.
    pub total: Endpoint,
}

/// The first rows of the table, and what is left as one row.
#[derive(Debug)]
pub struct Shown<'a> {
    /// As many endpoints as asked for.
    pub rows: &'a [Endpoint],
    /// The others together.
    pub others: Option<Endpoint>,
}

impl Endpoint {
    fn add(&mut self, metric: MetricId, sink: &Sink) {
        match sink {
            // Each request adds exactly 1, so the sum is a whole number.
            Sink::Counter(counter) if metric == builtin::HTTP_REQS => {
                self.count += format::whole(counter.sum);
            }
            Sink::Rate(rate) if metric == builtin::HTTP_REQ_FAILED => {
                self.judged += rate.total;
                self.failed += rate.nonzero;
            }
            Sink::Trend(trend) if metric == builtin::HTTP_REQ_DURATION => self.duration.merge(trend),
            _ => {}
        }
    }

    fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.judged += other.judged;
        self.failed += other.failed;
        self.duration.merge(&other.duration);
    }

    /// Requests per second.
    #[must_use]
    pub fn rate(&self, elapsed: Duration) -> f64 {
        if elapsed.is_zero() { 0.0 } else { self.count as f64 / elapsed.as_secs_f64() }
    }

    /// Method and name, the latter without the origin that all endpoints share.
    #[must_use]
    pub fn label(&self, origin: &str) -> String {
        let name = self.name.strip_prefix(origin).filter(|rest| rest.starts_with('/')).unwrap_or(&self.name);
        if self.method.is_empty() { name.to_owned() } else { format!("{} {name}", self.method) }
    }
}

impl Endpoints {
    const METRICS: [MetricId; 3] = [builtin::HTTP_REQS, builtin::HTTP_REQ_FAILED, builtin::HTTP_REQ_DURATION];

    pub(crate) fn of(aggregate: &Aggregate) -> Self {
        let mut rows: Vec<Endpoint> = Vec::new();
        let mut places: FxHashMap<(&str, &str), usize> = FxHashMap::default();
        let mut total = Endpoint { name: "total".to_owned(), ..Endpoint::default() };
        for metric in Self::METRICS {
            for series in aggregate.series_of(metric) {
                let (method, name) = key(&series);
                let place = *places.entry((method, name)).or_insert_with(|| {
                    rows.push(Endpoint {
                        method: method.to_owned(),
                        name: name.to_owned(),
                        ..Endpoint::default()
                    });
                    rows.len() - 1
                });
                rows[place].add(metric, series.sink);
            }
            if let Some(sink) = aggregate.total(metric) {
                total.add(metric, sink);
            }
        }
        rows.sort_by(|a, b| {
            let by_time = b.duration.sum().total_cmp(&a.duration.sum());
            by_time.then(b.count.cmp(&a.count)).then_with(|| (&a.name, &a.method).cmp(&(&b.name, &b.method)))
        });
        Self { rows, total }
    }

    /// The share of all request time that an endpoint took, from 0 to 1.
    #[must_use]
    pub fn share(&self, endpoint: &Endpoint) -> f64 {
        let all = self.total.duration.sum();
        let share = if all > 0.0 { endpoint.duration.sum() / all } else { 0.0 };
        // Scripts can add infinite durations: where those are, all of the time is.
        if share.is_nan() { 1.0 } else { share }
    }

    /// The scheme and host that all named URLs share; empty when they do not.
    #[must_use]
    pub fn origin(&self) -> &str {
        let mut origins = self.rows.iter().filter_map(|row| origin_of(&row.name));
        let first = origins.next().unwrap_or_default();
        if origins.all(|origin| origin == first) { first } else { "" }
    }

    /// At most `limit` rows, with the rest as one more row.
    #[must_use]
    pub fn shown(&self, limit: usize) -> Shown<'_> {
        // A row "1 other" would take the place of the endpoint it stands for.
        let fits = self.rows.len() <= limit + 1;
        let (rows, rest) = self.rows.split_at(if fits { self.rows.len() } else { limit });
        let others = (!rest.is_empty()).then(|| {
            let mut others = Endpoint { name: format!("({} others)", rest.len()), ..Endpoint::default() };
            rest.iter().for_each(|endpoint| others.absorb(endpoint));
            others
        });
        Shown { rows, others }
    }
}

fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + "://".len();
    let path = url[authority..].find('/')?;
    Some(&url[..authority + path])
}

/// What makes an endpoint: its method and its name.
pub(crate) fn key<'a>(series: &SeriesView<'a>) -> (&'a str, &'a str) {
    let tags = series.tags;
    let method = tags.value(tag::METHOD).unwrap_or_default();
    let name = tags.value(tag::NAME).or_else(|| tags.value(tag::URL));
    let unnamed =
        if tags.value(tag::OVERFLOW).is_some() { "(beyond the limit of series)" } else { "(unnamed)" };
    (method, name.unwrap_or(unnamed))
}
