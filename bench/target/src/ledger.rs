//! What the target remembers: how many requests and connections came, when, and how long answers took.
//!
//! Times are nanoseconds since the Unix epoch, so that another process on the same machine can subtract its
//! own readings from them.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::times::Times;

/// The counters since the start, or since the last [`Ledger::clear`].
#[derive(Default)]
pub(crate) struct Ledger {
    requests: Cell<u64>,
    connections: Cell<u64>,
    first_request_ns: Cell<u64>,
    last_request_ns: Cell<u64>,
    answers: Times,
}

impl Ledger {
    /// Counts the requests of one read. The clock is read once per batch: at full speed that is once per
    /// wake-up.
    pub(crate) fn count_requests(&self, count: u64) {
        let now = unix_ns();
        if self.requests.replace(self.requests.get() + count) == 0 {
            self.first_request_ns.set(now);
        }
        self.last_request_ns.set(now);
    }

    /// Counts a connection that carried at least one counted request.
    pub(crate) fn count_connection(&self) {
        self.connections.set(self.connections.get() + 1);
    }

    /// Counts the answers of one write: how long after they were read the requests had them.
    pub(crate) fn count_answers(&self, count: u64, took: Duration) {
        self.answers.add(took, count);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.requests.set(0);
        self.connections.set(0);
        self.first_request_ns.set(0);
        self.last_request_ns.set(0);
        self.answers.clear();
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "requests={} connections={} first_request_ns={} last_request_ns={} answer_p50_ns={} \
             answer_p99_ns={}",
            self.requests.get(),
            self.connections.get(),
            self.first_request_ns.get(),
            self.last_request_ns.get(),
            self.answers.percentile(50),
            self.answers.percentile(99)
        )
    }
}

fn unix_ns() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_stays_and_the_last_one_moves() {
        let ledger = Ledger::default();
        ledger.count_requests(2);
        let first = ledger.first_request_ns.get();
        ledger.count_requests(3);
        assert_eq!(ledger.requests.get(), 5);
        assert_eq!(ledger.first_request_ns.get(), first);
        assert!(ledger.last_request_ns.get() >= first);
    }

    #[test]
    fn a_cleared_ledger_prints_zeros() {
        let ledger = Ledger::default();
        ledger.count_connection();
        ledger.count_requests(1);
        ledger.count_answers(1, Duration::from_millis(1));
        assert!(!ledger.to_string().ends_with("answer_p99_ns=0"));
        ledger.clear();
        let zeros = "requests=0 connections=0 first_request_ns=0 last_request_ns=0 answer_p50_ns=0 \
                     answer_p99_ns=0";
        assert_eq!(ledger.to_string(), zeros);
    }
}
