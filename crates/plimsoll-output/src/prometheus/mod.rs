//! Pushes totals to Prometheus by remote write.
//!
//! Samples are added up by series, and what they add up to is pushed at intervals: names and units are k6's.
//! A push that fails loses nothing, since the next one has larger totals; only when the last one fails are
//! the samples lost that came after the last successful one. Start from [`Settings`].

mod buckets;
mod encode;
mod message;
mod settings;

use std::sync::Arc;
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
use crate::push::rounds::Rounds;
use crate::push::schedule::Schedule;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Time series in one request: some megabytes before compression.
const SERIES: usize = 5_000;

/// The output that pushes to Prometheus.
pub struct Prometheus {
    settings: Settings,
    open: Option<Open>,
    lost: u64,
}

struct Open {
    totals: Cumulative,
    encoder: Encoder,
    rounds: Rounds,
    target: String,
    schedule: Schedule,
}

impl Prometheus {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None, lost: 0 }
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
        let interval = self.settings.push_interval;
        let endpoint = &self.settings.endpoint;
        let query = if endpoint.query.is_empty() { String::new() } else { format!("?{}", endpoint.query) };
        let path = if endpoint.path.is_empty() { "/" } else { &endpoint.path };
        self.open = Some(Open {
            totals: Cumulative::default(),
            encoder: Encoder::new(run.registry.clone(), self.settings.trends.clone()),
            rounds: Rounds::new(Arc::new(self.client()?), interval),
            target: format!("{path}{query}"),
            schedule: Schedule::new(interval),
        });
        Ok(())
    }

    async fn add(&mut self, batch: &SampleBatch) {
        let Some(open) = &mut self.open else { return };
        open.rounds.collect();
        if open.schedule.is_due() && open.rounds.is_idle() && open.totals.samples() > 0 {
            open.push().await;
            open.schedule.pushed();
        }
        self.lost += open.totals.absorb(batch);
    }

    async fn end(&mut self) {
        let Some(open) = &mut self.open else { return };
        open.rounds.settle().await;
        if open.totals.samples() > 0 {
            open.push().await;
            open.rounds.settle().await;
            self.lost += open.totals.samples() - open.rounds.delivered();
        }
        if self.settings.stale_markers {
            let series = open.encoder.end(open.totals.series());
            open.send(series).await;
            open.rounds.settle().await;
        }
    }
}

impl Open {
    async fn push(&mut self) {
        let now = i64::try_from(self.totals.latest().0 / 1_000_000).unwrap_or(i64::MAX);
        let series = self.encoder.encode(self.totals.series(), now);
        self.send(series).await;
    }

    async fn send(&mut self, series: Vec<TimeSeries>) {
        let mut posts = Vec::new();
        let mut series = series.into_iter().peekable();
        while series.peek().is_some() {
            let request = WriteRequest { timeseries: series.by_ref().take(SERIES).collect() };
            let compressed = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec());
            let body = Bytes::from(compressed.expect("some megabytes are not too much for snappy"));
            posts.push(Post { target: self.target.clone(), body });
        }
        self.rounds.begin(posts, self.totals.samples()).await;
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
            self.add(batch).await;
            Ok(())
        })
    }

    fn finish<'a>(&'a mut self, _end: &'a RunEnd) -> Step<'a> {
        Box::pin(async {
            self.end().await;
            Ok(())
        })
    }

    fn setbacks(&mut self) -> Setbacks {
        let lost = std::mem::take(&mut self.lost);
        self.open.as_mut().map_or_else(Setbacks::default, |open| open.rounds.setbacks(lost))
    }
}
