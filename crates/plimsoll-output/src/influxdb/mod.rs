//! Pushes every sample to InfluxDB in its line protocol: version 1, or version 2 where a token, an
//! organisation or a bucket is given.
//!
//! Samples are pushed as they arrive, once a second, several thousand in a request and several requests at
//! once. A request that fails is tried again for [`PATIENCE`]; then its samples are lost, and the next
//! follow. Start from [`Settings`].

mod line;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use plimsoll_metrics::SampleBatch;

use self::line::Encoder;
pub use self::settings::Settings;
use self::settings::Version;
use crate::error::OutputError;
use crate::output::{Outlook, Output, RunEnd, RunStart, Setbacks, Step};
use crate::push::client::{Client, Post, Protocol};
use crate::push::dispatch::{Dispatch, Done};

/// How long a request is tried again.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last requests have after the run.
const DRAIN: Duration = Duration::from_secs(20);
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the run waits for the database to be created.
const CREATE_TIMEOUT: Duration = Duration::from_secs(3);
/// InfluxDB's advice for one request.
const POINTS: u64 = 5_000;

/// The output that pushes to InfluxDB.
pub struct Influxdb {
    settings: Settings,
    open: Option<Open>,
    lost: u64,
}

struct Open {
    encoder: Encoder,
    dispatch: Dispatch,
    target: String,
}

impl Influxdb {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None, lost: 0 }
    }

    fn client(&self, timeout: Duration) -> Result<Client, OutputError> {
        let Settings { endpoint, tls, version, .. } = &self.settings;
        let mut client = Client::new(endpoint.clone(), tls, Protocol::Http, timeout)?;
        match version {
            Version::One { credentials: Some(credentials), .. } => {
                client.header("authorization", &credentials.basic());
                client.hide(&credentials.password);
            }
            Version::One { .. } => {}
            Version::Two { token, .. } => {
                client.header("authorization", &format!("Token {token}"));
                client.hide(token);
            }
        }
        client.header("content-type", "text/plain; charset=utf-8");
        Ok(client)
    }

    async fn open(&mut self, run: &RunStart) -> Result<(), OutputError> {
        let client = Arc::new(self.client(TIMEOUT)?);
        let dispatch = Dispatch::new(client, self.settings.concurrent_writes, PATIENCE, Outlook::Lost);
        let encoder = Encoder::new(&self.settings, run);
        let mut open = Open { encoder, dispatch, target: self.settings.write_target() };
        if let Version::One { database, .. } = &self.settings.version {
            let query = format!("CREATE DATABASE \"{}\"", database.replace('"', "\\\""));
            let target = format!("{}/query?q={}", self.settings.endpoint.path, encoded(&query));
            let post = Post { target, body: Bytes::new() };
            if let Err(error) = self.client(CREATE_TIMEOUT)?.post(&post).await {
                // The database may be there all the same, and the server when the first samples are pushed.
                open.dispatch.trouble(error, Outlook::Harmless);
            }
        }
        self.open = Some(open);
        Ok(())
    }

    async fn push(&mut self, batch: &SampleBatch) {
        let Some(Open { encoder, dispatch, target }) = &mut self.open else { return };
        let mut lines = Vec::new();
        let mut points = 0;
        let mut done = Vec::new();
        for (place, sample) in batch.samples.iter().enumerate() {
            if encoder.sample(batch, sample, &mut lines) {
                points += 1;
            } else {
                self.lost += 1;
            }
            if points == POINTS || (place + 1 == batch.samples.len() && points > 0) {
                let body = Bytes::from(std::mem::take(&mut lines));
                let post = Post { target: target.clone(), body };
                done.extend(dispatch.submit(post, points).await);
                points = 0;
            }
        }
        self.lost += lost(&done);
    }

    async fn drain(&mut self) {
        let Some(Open { dispatch, .. }) = &mut self.open else { return };
        let done = dispatch.drain(DRAIN).await;
        self.lost += lost(&done);
    }
}

/// The samples of requests that were not delivered.
fn lost(done: &[Done]) -> u64 {
    done.iter().filter(|done| !done.is_delivered).map(|done| done.tag).sum()
}

/// A text as the value in a query.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Output for Influxdb {
    fn describe(&self) -> String {
        let name = match self.settings.version {
            Version::One { .. } => "InfluxDBv1",
            Version::Two { .. } => "InfluxDBv2",
        };
        format!("{name} ({})", self.settings.endpoint)
    }

    fn start<'a>(&'a mut self, run: &'a RunStart) -> Step<'a> {
        Box::pin(self.open(run))
    }

    fn write<'a>(&'a mut self, batch: &'a SampleBatch) -> Step<'a> {
        Box::pin(async {
            self.push(batch).await;
            Ok(())
        })
    }

    fn finish<'a>(&'a mut self, _end: &'a RunEnd) -> Step<'a> {
        Box::pin(async {
            self.drain().await;
            Ok(())
        })
    }

    fn setbacks(&mut self) -> Setbacks {
        let lost = std::mem::take(&mut self.lost);
        self.open.as_mut().map_or_else(Setbacks::default, |open| open.dispatch.setbacks(lost))
    }
}
