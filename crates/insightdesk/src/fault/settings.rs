//! Faults as they are asked for: JSON, checked, and turned into what requests look up.

use std::time::Duration;

use axum::http::StatusCode;
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Armed;
use super::bound::BoundFault;
use super::capacity::CapacityFault;
use super::retry_storm::RetryStormFault;
use crate::ledger::{Ledger, RouteId};

/// Which faults are in force. A fault without a route concerns every route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct FaultSettings {
    /// Extra time before the handler runs; several add up.
    pub latency: Vec<LatencyFault>,
    /// Requests that are answered with an error instead.
    pub errors: Vec<ErrorFault>,
    /// Requests whose connection is reset instead.
    pub resets: Vec<ResetFault>,
    /// From now on, for this many milliseconds, every request is held.
    pub stall_ms: Option<u64>,
    /// From now on, for this many milliseconds, no connection is accepted.
    pub pause_accept_ms: Option<u64>,
    /// Makes the desk an M/M/c server: requests queue for workers whose service times are exponential.
    pub capacity: Option<CapacityFault>,
    /// Makes the desk a server that an overload keeps down: those who wait too long ask again.
    pub retry_storm: Option<RetryStormFault>,
    /// Makes one resource the limit of what the desk can do.
    pub bound: Option<BoundFault>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LatencyFault {
    /// Such as `GET /api/v1/tickets/{id}`.
    pub route: Option<String>,
    pub delay: Delay,
}

/// How long to wait. Waits are as exact as the runtime's timer: up to a millisecond longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Delay {
    /// Always this long.
    #[serde(rename = "fixedMs")]
    Fixed(f64),
    /// Anything between the two, equally likely.
    #[serde(rename = "uniformMs")]
    Uniform(f64, f64),
    /// Exponentially distributed with this mean.
    #[serde(rename = "exponentialMs")]
    Exponential(f64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorFault {
    /// Such as `GET /api/v1/tickets/{id}`.
    pub route: Option<String>,
    /// From 0 to 1.
    pub rate: f64,
    /// 500 unless given.
    #[serde(default = "internal_server_error")]
    pub status: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResetFault {
    /// Such as `GET /api/v1/tickets/{id}`.
    pub route: Option<String>,
    /// From 0 to 1.
    pub rate: f64,
}

fn internal_server_error() -> u16 {
    500
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("{0:?} is no route; write method and template, such as GET /api/v1/tickets/{{id}}")]
    Route(String),
    #[error("a rate must be from 0 to 1, not {0}")]
    Rate(f64),
    #[error("a status must be from 400 to 599, not {0}")]
    Status(u16),
    #[error("a time must be from 0 to {MAX_MS} ms, not {0}")]
    Time(f64),
    #[error("a uniform delay must not end ({1} ms) before it begins ({0} ms)")]
    Backwards(f64, f64),
    #[error("{what} must be from 1 to {MAX_COUNT}, not {given}")]
    Count { what: &'static str, given: usize },
    #[error("amplification must be from 0 to 1000, not {0}")]
    Amplification(f64),
    #[error("queueMs ({queue}) must be more than patienceMs ({patience}), or nobody would wait for too long")]
    Queue { queue: f64, patience: f64 },
    #[error("writeKib must be from 1 to {limit}, not {given}")]
    Size { given: usize, limit: usize },
    #[error("cannot make a temporary file: {0}")]
    File(String),
}

/// Ten minutes is longer than any fault makes sense.
pub(super) const MAX_MS: f64 = 600_000.0;
/// Most of what is counted are threads.
const MAX_COUNT: usize = 64;

impl FaultSettings {
    /// Checks the settings and looks up what they name.
    pub(super) fn arm(self, ledger: &Ledger) -> Result<Armed, SettingsError> {
        let mut armed = Armed::default();
        for fault in &self.latency {
            fault.delay.check()?;
            armed.delays.push((route(ledger, fault.route.as_deref())?, fault.delay.clone()));
        }
        for fault in &self.errors {
            let status = status(fault.status)?;
            armed.errors.push((route(ledger, fault.route.as_deref())?, rate(fault.rate)?, status));
        }
        for fault in &self.resets {
            armed.resets.push((route(ledger, fault.route.as_deref())?, rate(fault.rate)?));
        }
        armed.stalled_until = pause(self.stall_ms)?.map(|pause| Instant::now() + pause);
        pause(self.pause_accept_ms)?;
        armed.capacity = self.capacity.map(CapacityFault::start).transpose()?;
        armed.retry_storm = self.retry_storm.map(RetryStormFault::start).transpose()?;
        armed.bound = self.bound.map(BoundFault::start).transpose()?;
        armed.watch = ledger.by_name("GET /metrics");
        armed.settings = self;
        Ok(armed)
    }
}

impl Delay {
    /// How long to wait this time.
    pub(super) fn draw(&self) -> Duration {
        let ms = match *self {
            Self::Fixed(ms) => ms,
            Self::Uniform(from, to) => rand::rng().random_range(from..=to),
            Self::Exponential(mean) => exponential(mean),
        };
        Duration::from_secs_f64(ms / 1000.0)
    }

    fn check(&self) -> Result<(), SettingsError> {
        match *self {
            Self::Fixed(ms) | Self::Exponential(ms) => time(ms).map(drop),
            Self::Uniform(from, to) if from > to => Err(SettingsError::Backwards(from, to)),
            Self::Uniform(from, to) => time(from).and(time(to)).map(drop),
        }
    }
}

/// Draws from the exponential distribution by inversion: −mean · ln(1 − u).
pub(super) fn exponential(mean: f64) -> f64 {
    let u: f64 = rand::random(); // In [0, 1), so the logarithm is finite.
    -mean * (1.0 - u).ln()
}

fn route(ledger: &Ledger, name: Option<&str>) -> Result<Option<RouteId>, SettingsError> {
    let find = |name: &str| ledger.by_name(name).ok_or_else(|| SettingsError::Route(name.to_owned()));
    name.map(find).transpose()
}

fn rate(rate: f64) -> Result<f64, SettingsError> {
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err(SettingsError::Rate(rate)) }
}

pub(super) fn time(ms: f64) -> Result<f64, SettingsError> {
    if (0.0..=MAX_MS).contains(&ms) { Ok(ms) } else { Err(SettingsError::Time(ms)) }
}

fn pause(ms: Option<u64>) -> Result<Option<Duration>, SettingsError> {
    #[expect(clippy::cast_precision_loss, reason = "only compared with a limit far below 2^53")]
    let check = |ms: u64| time(ms as f64).map(|_| Duration::from_millis(ms));
    ms.map(check).transpose()
}

fn status(code: u16) -> Result<StatusCode, SettingsError> {
    let status = StatusCode::from_u16(code).ok().filter(|_| (400..=599).contains(&code));
    status.ok_or(SettingsError::Status(code))
}

/// How many of something there shall be.
pub(super) fn count(what: &'static str, given: usize) -> Result<usize, SettingsError> {
    if (1..=MAX_COUNT).contains(&given) { Ok(given) } else { Err(SettingsError::Count { what, given }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(json: &str) -> Result<(), SettingsError> {
        let ledger = Ledger::new([(&axum::http::Method::GET, "/a")].into_iter());
        let settings: FaultSettings = serde_json::from_str(json).expect("well-formed");
        settings.arm(&ledger).map(drop)
    }

    #[test]
    fn nonsense_is_refused() {
        let cases = [
            (r#"{"errors":[{"rate":2}]}"#, SettingsError::Rate(2.0)),
            (r#"{"errors":[{"rate":1,"status":200}]}"#, SettingsError::Status(200)),
            (r#"{"resets":[{"route":"GET /b","rate":1}]}"#, SettingsError::Route("GET /b".to_owned())),
            (r#"{"latency":[{"delay":{"fixedMs":-1}}]}"#, SettingsError::Time(-1.0)),
            (r#"{"latency":[{"delay":{"uniformMs":[9,3]}}]}"#, SettingsError::Backwards(9.0, 3.0)),
            (r#"{"stallMs":999999999}"#, SettingsError::Time(999_999_999.0)),
            (
                r#"{"capacity":{"workers":0,"meanServiceMs":1}}"#,
                SettingsError::Count { what: "workers", given: 0 },
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(arm(json), Err(expected), "{json}");
        }
        assert!(arm(r#"{"errors":[{"route":"GET /a","rate":0.5}]}"#).is_ok());
    }

    #[test]
    fn unknown_knobs_are_refused() {
        assert!(serde_json::from_str::<FaultSettings>(r#"{"latencies":[]}"#).is_err());
    }

    #[test]
    fn exponential_delays_have_the_mean_they_should() {
        let sum: f64 = (0..100_000).map(|_| exponential(10.0)).sum();
        let mean = sum / 100_000.0;
        // Five standard errors (10 / √100,000 each) around 10.
        assert!((mean - 10.0).abs() < 0.16, "{mean}");
    }
}
