//! Failed requests by error code, with when they began: the table that explains "the target stopped mid-run".

use std::time::Duration;

use plimsoll_metrics::{Aggregate, Sink, Timestamp, builtin, tag};

use crate::format;

/// All requests that failed with one error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// k6's error code.
    pub code: String,
    /// The message of one of them; empty for codes that only repeat an HTTP status.
    pub message: String,
    /// How many requests.
    pub count: u64,
    /// From the start of the run to the first of them.
    pub first: Duration,
    /// From the start of the run to the last of them.
    pub last: Duration,
}

/// What failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures {
    /// By error code, the most frequent first.
    pub rows: Vec<Failure>,
    /// All requests, failed or not.
    pub requests: u64,
    /// When the last response of any kind arrived, from the start of the run; `None` when none did.
    pub last_response: Option<Duration>,
}

impl Failure {
    /// Whether there was no response at all: codes 1400 to 1599 are HTTP statuses.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        is_transport(&self.code)
    }

    /// What happened, in words.
    #[must_use]
    pub fn explanation(&self) -> String {
        match self.code.strip_prefix('1') {
            Some(status) if !self.is_transport() => format!("HTTP status {status}"),
            _ if self.message.is_empty() => "(no message)".to_owned(),
            _ => self.message.clone(),
        }
    }
}

fn is_transport(code: &str) -> bool {
    !(code.len() == 4 && (code.starts_with("14") || code.starts_with("15")))
}

impl Failures {
    pub(crate) fn of(aggregate: &Aggregate, started_at: Timestamp) -> Self {
        let mut failures = Self::default();
        for series in aggregate.series_of(builtin::HTTP_REQS) {
            let Sink::Counter(counter) = series.sink else { continue };
            // Each request adds exactly 1, so the sum is a whole number.
            let count = format::whole(counter.sum);
            let (first, last) = (series.first.since(started_at), series.last.since(started_at));
            failures.requests += count;
            let code = series.tags.value(tag::ERROR_CODE).unwrap_or_default();
            if code.is_empty() || !is_transport(code) {
                failures.last_response = failures.last_response.max(Some(last));
            }
            if !code.is_empty() {
                let message = series.tags.value(tag::ERROR).unwrap_or_default();
                failures.add(Failure {
                    code: code.to_owned(),
                    message: message.to_owned(),
                    count,
                    first,
                    last,
                });
            }
        }
        failures.rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
        failures
    }

    fn add(&mut self, failure: Failure) {
        let Some(known) = self.rows.iter_mut().find(|row| row.code == failure.code) else {
            self.rows.push(failure);
            return;
        };
        known.count += failure.count;
        known.first = known.first.min(failure.first);
        known.last = known.last.max(failure.last);
        if known.message.is_empty() {
            known.message = failure.message;
        }
    }

    /// How many requests got no response.
    #[must_use]
    pub fn transport(&self) -> u64 {
        self.rows.iter().filter(|row| row.is_transport()).map(|row| row.count).sum()
    }

    /// The point of the run after which requests failed and no response came any more, if there is one.
    #[must_use]
    pub fn silent_since(&self) -> Option<Duration> {
        /// Shorter than this, the silence may be the run's own end. (Not so when no response ever came.)
        const NOTICEABLE: Duration = Duration::from_secs(1);
        let margin = self.last_response.map_or(Duration::ZERO, |_| NOTICEABLE);
        let last_response = self.last_response.unwrap_or_default();
        let last_failure = self.rows.iter().filter(|row| row.is_transport()).map(|row| row.last).max()?;
        (last_failure >= last_response + margin).then_some(last_response)
    }
}
