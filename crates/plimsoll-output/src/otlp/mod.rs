//! Pushes totals to a collector of OpenTelemetry: OTLP over gRPC, or over HTTP.
//!
//! Start from [`Settings`].

mod encode;
mod message;
mod settings;

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
use crate::push::totals::{Requests, Totals};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Series in one request: below the 4 MB that servers of gRPC take.
const SERIES: usize = 2_000;

/// The output that pushes to a collector.
pub struct OpenTelemetry {
    settings: Settings,
    open: Option<Totals<Exports>>,
}

/// The requests of OTLP.
struct Exports {
    encoder: Encoder,
    target: String,
    protocol: Protocol,
}

impl OpenTelemetry {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None }
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
        let Settings { endpoint, protocol, form, export_interval, .. } = &self.settings;
        let encoder = Encoder::new(run.registry.clone(), form.clone());
        let exports = Exports { encoder, target: endpoint.path.clone(), protocol: *protocol };
        self.open = Some(Totals::new(exports, self.client()?, *export_interval));
        Ok(())
    }
}

impl Requests for Exports {
    fn round(&mut self, totals: &Cumulative) -> Vec<Post> {
        let time = totals.latest().0;
        let message = |series: &[_]| self.encoder.encode(series, time).encode_to_vec();
        let bodies = totals.series().chunks(SERIES).map(message);
        let post = |body: Vec<u8>| {
            let body = if self.protocol == Protocol::Grpc { framed(&body) } else { Bytes::from(body) };
            Post { target: self.target.clone(), body }
        };
        bodies.map(post).collect()
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
