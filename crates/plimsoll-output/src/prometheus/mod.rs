//! Pushes totals to Prometheus by remote write.
//!
//! Samples are added up by series, and what they add up to is pushed at intervals: names and units are k6's.
//! Start from [`Settings`].

mod buckets;
mod encode;
mod message;
mod settings;

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use plimsoll_metrics::SampleBatch;
use prost::Message as _;

use self::encode::Encoder;
use self::message::{TimeSeries, WriteRequest};
pub use self::settings::Settings;
use crate::cumulative::Cumulative;
use crate::error::OutputError;
use crate::output::{Output, RunEnd, RunStart, Setbacks, Step};
use crate::push::client::{Client, Post, Protocol};
use crate::push::totals::{Requests, Totals};

const TIMEOUT: Duration = Duration::from_secs(5);
/// So many time series fill a request: some megabytes before compression.
const SERIES: usize = 5_000;

/// The output that pushes to Prometheus.
pub struct Prometheus {
    settings: Settings,
    open: Option<Totals<Writes>>,
}

/// The requests of remote write.
struct Writes {
    encoder: Encoder,
    target: String,
    stale_markers: bool,
    /// The series in each request of the last round, by their places.
    parts: Vec<Range<usize>>,
}

impl Prometheus {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None }
    }

    fn client(&self) -> Result<Client, OutputError> {
        let Settings { endpoint, tls, credentials, bearer_token, headers, .. } = &self.settings;
        let mut client = Client::new(endpoint.clone(), tls, Protocol::Http, TIMEOUT)?;
        client.header("content-type", "application/x-protobuf");
        client.header("content-encoding", "snappy");
        client.header("x-prometheus-remote-write-version", "0.1.0");
        client.header("user-agent", concat!("plimsoll/", env!("CARGO_PKG_VERSION")));
        if let Some(credentials) = credentials {
            client.header("authorization", &credentials.basic());
            client.hide(&credentials.password);
        }
        if let Some(token) = bearer_token {
            client.header("authorization", &format!("Bearer {token}"));
            client.hide(token);
        }
        for (name, value) in headers {
            client.header(name, value);
            client.hide(value);
        }
        Ok(client)
    }

    fn open(&mut self, run: &RunStart) -> Result<(), OutputError> {
        let Settings { endpoint, trends, push_interval, stale_markers, .. } = &self.settings;
        let query = if endpoint.query.is_empty() { String::new() } else { format!("?{}", endpoint.query) };
        let path = if endpoint.path.is_empty() { "/" } else { &endpoint.path };
        let writes = Writes {
            encoder: Encoder::new(run.registry.clone(), trends.clone()),
            target: format!("{path}{query}"),
            stale_markers: *stale_markers,
            parts: Vec::new(),
        };
        self.open = Some(Totals::new(writes, self.client()?, *push_interval));
        Ok(())
    }
}

impl Writes {
    /// As few requests as the series fit into. What belongs to one series stays together, so that the server
    /// has all of it or nothing.
    fn packed(&mut self, series: Vec<Vec<TimeSeries>>) -> Vec<Post> {
        self.parts.clear();
        let mut posts = Vec::new();
        let mut timeseries = Vec::new();
        let (mut first, count) = (0, series.len());
        for (place, one) in series.into_iter().enumerate() {
            timeseries.extend(one);
            if timeseries.len() >= SERIES || place + 1 == count {
                posts.push(self.post(std::mem::take(&mut timeseries)));
                self.parts.push(first..place + 1);
                first = place + 1;
            }
        }
        posts
    }

    fn post(&self, timeseries: Vec<TimeSeries>) -> Post {
        let request = WriteRequest { timeseries };
        let compressed = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec());
        let body = Bytes::from(compressed.expect("some megabytes are not too much for snappy"));
        Post { target: self.target.clone(), body }
    }
}

impl Requests for Writes {
    fn round(&mut self, totals: &Cumulative) -> Vec<Post> {
        let now = i64::try_from(totals.latest().0 / 1_000_000).unwrap_or(i64::MAX);
        let series = self.encoder.encode(totals.series(), now);
        self.packed(series)
    }

    fn judged(&mut self, place: usize) {
        self.encoder.judged(self.parts[place].clone());
    }

    fn farewell(&mut self, totals: &Cumulative) -> Vec<Post> {
        if !self.stale_markers {
            return Vec::new();
        }
        let series = self.encoder.end(totals.series());
        self.packed(series)
    }
}

impl Output for Prometheus {
    fn describe(&self) -> String {
        format!("Prometheus remote write ({})", self.settings.endpoint)
    }

    fn start<'a>(&'a mut self, run: &'a RunStart) -> Step<'a> {
        Box::pin(async { self.open(run) })
    }

    fn write<'a>(&'a mut self, batch: &'a SampleBatch) -> Step<'a> {
        Box::pin(async {
            if let Some(totals) = &mut self.open {
                totals.add(batch).await;
            }
            Ok(())
        })
    }

    fn finish<'a>(&'a mut self, _end: &'a RunEnd) -> Step<'a> {
        Box::pin(async {
            if let Some(totals) = &mut self.open {
                totals.end().await;
            }
            Ok(())
        })
    }

    fn setbacks(&mut self) -> Setbacks {
        self.open.as_mut().map_or_else(Setbacks::default, Totals::setbacks)
    }
}
