//! Sessions that ended while access tokens of theirs may still be around.
//!
//! Access tokens are believed without asking the database, so every instance keeps this short list: an entry
//! is dropped as soon as the last token that it concerns has expired. Start with [`Revocations`].

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::storage::SessionId;

/// Tidy up when the list has grown by this many entries since the last time.
const TIDY_EVERY: usize = 4096;

/// The list of ended sessions.
pub(crate) struct Revocations {
    ended: RwLock<Ended>,
    lifetime_ms: i64,
}

#[derive(Default)]
struct Ended {
    at: HashMap<SessionId, Timestamp>,
    tidy_at: usize,
}

impl Revocations {
    /// For access tokens that live as long as `lifetime`.
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { ended: RwLock::default(), lifetime_ms: super::millis(lifetime) }
    }

    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).at.contains_key(&session)
    }

    pub(crate) fn add(&self, session: SessionId, at: Timestamp) {
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        ended.at.insert(session, at);
        if ended.at.len() > ended.tidy_at {
            // Tokens count in whole seconds, so one may outlive its lifetime by less than one.
            let oldest = Timestamp::now().plus_ms(-self.lifetime_ms - 1000);
            ended.at.retain(|_, at| *at >= oldest);
            ended.tidy_at = ended.at.len() + TIDY_EVERY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_leave_once_their_tokens_have_expired() {
        let revocations = Revocations::new(Duration::from_secs(1));
        let long_ago = Timestamp::now().plus_ms(-60_000);
        for session in 0..10_000 {
            revocations.add(session, long_ago);
        }
        revocations.add(10_000, Timestamp::now());
        assert!(revocations.contains(10_000));
        assert!(revocations.ended.read().expect("not poisoned").at.len() <= TIDY_EVERY + 1);
    }
}
