//! The metrics of one connection.
//!
//! The tags are those that the VU has when it connects; as in k6 they stay what they are while the connection
//! lives.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;

use plimsoll_metrics::{MetricId, SampleContext, Symbol, TagKey, TagSetId, builtin, tag};
use plimsoll_net::websocket::Handshake;
use plimsoll_plan::options::tags::SystemTag;
use tokio::time::Instant;

use crate::state::VuState;
use crate::worker::Target;

/// Pings that may wait for their answer; beyond that the oldest is not measured.
const PINGS_LIMIT: usize = 1_000;

/// What all samples of a connection have in common.
pub(crate) struct Session {
    state: Rc<VuState>,
    tags: TagSetId,
    context: SampleContext,
}

/// What is known of a connection when it was made, or was not.
pub(crate) struct Facts<'a> {
    pub(crate) target: &'a Target,
    /// The script's own tags.
    pub(crate) own: &'a [(TagKey, Symbol)],
    /// Whether there is a tag `name`, and a name that the script gives replaces the URL.
    pub(crate) named: bool,
    pub(crate) status: Option<u16>,
    pub(crate) protocol: Option<&'a str>,
    pub(crate) remote: Option<IpAddr>,
}

impl Session {
    /// Begins with the samples of an attempt to connect, successful or not.
    pub(crate) fn of_handshake(
        state: &Rc<VuState>,
        target: &Target,
        own: &[(TagKey, Symbol)],
        named: bool,
        handshake: &Handshake,
    ) -> Self {
        let response = handshake.response.as_ref();
        let protocol = response.and_then(|response| response.headers.get_str("Sec-WebSocket-Protocol"));
        let facts = Facts {
            target,
            own,
            named,
            status: response.map(|response| response.status),
            protocol: response.map(|_| protocol.unwrap_or_default()),
            remote: handshake.remote.map(|remote| remote.ip()),
        };
        let session = Session::new(state, &facts);
        let at = handshake.ended_at;
        session.record_at(builtin::WS_SESSIONS, 1.0, at);
        session.record_at(builtin::WS_CONNECTING, ms_between(handshake.started_at, at), at);
        session
    }

    /// A session with the tags that the VU has now.
    pub(crate) fn new(state: &Rc<VuState>, facts: &Facts<'_>) -> Self {
        let mut shard = state.worker.shard();
        let mut scope = state.tags.borrow_mut();
        let url = facts.target.series_name;
        let given = facts.own.iter().rev().find(|(key, _)| *key == tag::NAME).map(|(_, name)| *name);
        let name = given.filter(|_| facts.named).unwrap_or(url);
        scope.begin();
        if facts.named {
            scope.push_system(SystemTag::Name, tag::NAME, name);
        }
        scope.push(facts.own);
        scope.push_system(SystemTag::Url, tag::URL, name);
        if let Some(status) = facts.status {
            scope.push_system(SystemTag::Status, tag::STATUS, shard.symbol(&status.to_string()));
        }
        if let Some(protocol) = facts.protocol {
            scope.push_system(SystemTag::Subproto, tag::SUBPROTO, shard.symbol(protocol));
        }
        if let Some(remote) = facts.remote.filter(|_| scope.sets(SystemTag::Ip)) {
            scope.push_system(SystemTag::Ip, tag::IP, shard.symbol(&remote.to_string()));
        }
        let tags = scope.finish(&mut shard);
        let mut context = SampleContext::default();
        if shard.keeps_raw() {
            let shown = (name == url).then(|| std::sync::Arc::clone(&facts.target.shown));
            context = SampleContext { url: shown, ..scope.context() };
        }
        drop((shard, scope));
        Session { state: Rc::clone(state), tags, context }
    }

    /// Records a value that is measured now.
    pub(crate) fn record(&self, metric: MetricId, value: f64) {
        self.record_at(metric, value, Instant::now());
    }

    /// Records the milliseconds since `start`.
    pub(crate) fn record_since(&self, metric: MetricId, start: Instant) {
        self.record_between(metric, start, Instant::now());
    }

    /// Records the milliseconds from `start` until `end`.
    pub(crate) fn record_between(&self, metric: MetricId, start: Instant, end: Instant) {
        self.record_at(metric, ms_between(start, end), end);
    }

    fn record_at(&self, metric: MetricId, value: f64, at: Instant) {
        let at = self.state.worker.context.clock.timestamp(at);
        let mut shard = self.state.worker.shard();
        let series = shard.series(metric, self.tags);
        if shard.keeps_raw() {
            shard.record_with(series, value, at, &self.context);
        } else {
            shard.record(series, value, at);
        }
    }
}

fn ms_between(start: Instant, end: Instant) -> f64 {
    end.saturating_duration_since(start).as_secs_f64() * 1e3
}

/// Pings whose answers are still to come. Their payload is their number.
#[derive(Default)]
pub(crate) struct Pings {
    sent: u64,
    waiting: VecDeque<(u64, Instant)>,
}

impl Pings {
    /// The payload of the next ping.
    pub(crate) fn next(&mut self) -> String {
        self.sent += 1;
        let waiting = &mut self.waiting;
        if waiting.len() == PINGS_LIMIT {
            waiting.pop_front();
        }
        waiting.push_back((self.sent, Instant::now()));
        self.sent.to_string()
    }

    /// When the ping was sent that this is the answer to. Earlier ones are answered with it.
    pub(crate) fn answered(&mut self, payload: &[u8]) -> Option<Instant> {
        let number: u64 = str::from_utf8(payload).ok()?.parse().ok()?;
        let waiting = &mut self.waiting;
        let at = waiting.iter().position(|(sent, _)| *sent == number)?;
        waiting.drain(..=at).next_back().map(|(_, sent)| sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_find_their_ping() {
        let mut pings = Pings::default();
        let first = Instant::now();
        assert_eq!(pings.next(), "1");
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        assert_eq!((pings.next(), pings.next()), ("2".to_owned(), "3".to_owned()));
        assert_eq!(pings.answered(b"1"), Some(first));
        assert_eq!(pings.answered(b"1"), None, "once");
        assert!(pings.answered(b"3").is_some());
        assert_eq!(pings.answered(b"2"), None, "answered with the third");
        assert_eq!(pings.answered(b"\xff"), None);
    }
}
