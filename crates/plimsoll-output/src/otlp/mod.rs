//! Pushes totals to a collector of OpenTelemetry: OTLP over gRPC, or over HTTP.
//!
//! As with Prometheus, a push that fails loses nothing unless it is the last. Start from [`Settings`].

mod encode;
mod message;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use plimsoll_metrics::SampleBatch;
use prost::Message as _;

use self::encode::Encoder;
pub use self::settings::Settings;
use crate::cumulative::Cumulative;
use crate::error::OutputError;
use crate::output::{Output, RunEnd, RunStart, Setbacks, Step};
use crate::push::client::{Client, Post, Protocol};
use crate::push::rounds::Rounds;
use crate::push::schedule::Schedule;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Series in one request: below the 4 MB that servers of gRPC take.
const SERIES: usize = 2_000;

/// The output that pushes to a collector.
pub struct OpenTelemetry {
    settings: Settings,
    open: Option<Open>,
    lost: u64,
}

struct Open {
    totals: Cumulative,
    encoder: Encoder,
    rounds: Rounds,
    schedule: Schedule,
    target: String,
    protocol: Protocol,
}

impl OpenTelemetry {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None, lost: 0 }
    }

    fn client(&self) -> Result<Client, OutputError> {
        let Settings { endpoint, protocol, tls, credentials, headers, .. } = &self.settings;
        let mut client = Client::new(endpoint.clone(), tls, *protocol, TIMEOUT)?;
        for (name, value) in headers {
            client.header(name, value);
            client.hide(value);
        }
        if let Some(credentials) = credentials {
            client.header("authorization", &credentials.basic());
            client.hide(&credentials.password);
        }
        match protocol {
            Protocol::Http => client.header("content-type", "application/x-protobuf"),
            Protocol::Grpc => {
                client.header("content-type", "application/grpc");
                client.header("te", "trailers");
            }
        }
        client.header("user-agent", concat!("plimsoll/", env!("CARGO_PKG_VERSION")));
        Ok(client)
    }

    fn open(&mut self, run: &RunStart) -> Result<(), OutputError> {
        let interval = self.settings.export_interval;
        self.open = Some(Open {
            totals: Cumulative::default(),
            encoder: Encoder::new(run.registry.clone(), self.settings.form.clone()),
            rounds: Rounds::new(Arc::new(self.client()?), interval),
            schedule: Schedule::new(interval),
            target: self.settings.endpoint.path.clone(),
            protocol: self.settings.protocol,
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
    }
}

impl Open {
    async fn push(&mut self) {
        let time = self.totals.latest().0;
        let message = |series: &[_]| self.encoder.encode(series, time).encode_to_vec();
        let bodies = self.totals.series().chunks(SERIES).map(message);
        let post = |body: Vec<u8>| {
            let body = if self.protocol == Protocol::Grpc { framed(&body) } else { Bytes::from(body) };
            Post { target: self.target.clone(), body }
        };
        let posts = bodies.map(post).collect();
        self.rounds.begin(posts, self.totals.samples()).await;
    }
}

/// A message as gRPC sends it: whether it is compressed, its length, and the message.
fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("far below 4 GB");
    let head = [&[0][..], &length.to_be_bytes()].concat();
    Bytes::from([&head, message].concat())
}

impl Output for OpenTelemetry {
    fn describe(&self) -> String {
        let Settings { protocol, endpoint, .. } = &self.settings;
        let protocol = if *protocol == Protocol::Grpc { "grpc" } else { "http/protobuf" };
        format!("opentelemetry ({protocol}, {})", endpoint.authority())
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
