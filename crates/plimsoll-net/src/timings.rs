//! The phases of an exchange, measured at the socket.
//!
//! ```text
//! asked            ready        written      first byte        last byte
//!   |--- blocked ----|-- sending --|-- waiting --|--- receiving ---|
//!   |                |<----------------- duration ---------------->|
//!   '- looking up, connecting, tls handshaking (new connections only)
//! ```
//!
//! `sending + waiting + receiving` is the duration exactly, because neighbouring phases share one instant. An
//! exchange that fails charges the time up to its end to the phase it was in, so that a request that timed
//! out while waiting shows the time it waited. Phases of connecting count only once they are complete.
//!
//! Bytes of a response count from when they arrived at this machine (see [`crate::arrival`]). How long a
//! complete response then waited until its worker came to read it is the generator delay, which is part of no
//! phase.

use std::time::Duration;

use tokio::time::Instant;

use crate::arrival::Arrival;

/// How long each phase of an exchange took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From asking for a connection to having one; on a new connection this contains the three that follow.
    pub blocked: Duration,
    /// Resolving the name. Zero on reused connections, IP addresses and names in the cache.
    pub looking_up: Duration,
    /// The TCP handshake.
    pub connecting: Duration,
    /// The TLS handshake.
    pub tls_handshaking: Duration,
    /// From having a connection to the last byte of the request handed to the socket.
    pub sending: Duration,
    /// From there to the first byte of the response.
    pub waiting: Duration,
    /// From there to its last byte.
    pub receiving: Duration,
    /// From there until its worker had it. The server has no part in it, and it is part of no duration.
    pub generator_delay: Duration,
}

impl Timings {
    /// What the exchange took once it had its connection: `sending + waiting + receiving`.
    pub fn duration(&self) -> Duration {
        self.sending + self.waiting + self.receiving
    }
}

/// Bytes that crossed the socket, TLS records and handshakes included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes written to the socket.
    pub sent: u64,
    /// Bytes read from the socket.
    pub received: u64,
}

impl Traffic {
    /// Adds what crossed another socket.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
    }
}

/// Collects the instants of one exchange as they pass.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    pub(crate) asked: Instant,
    pub(crate) looking_up: Duration,
    pub(crate) connecting: Duration,
    pub(crate) tls_handshaking: Duration,
    ready: Option<Instant>,
    written: Option<Instant>,
    /// Whether the server has said something before its response.
    has_interim: bool,
    first_byte: Option<Instant>,
    last_byte: Option<Instant>,
    /// When the worker had what came last.
    taken: Option<Instant>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            asked: Instant::now(),
            looking_up: Duration::ZERO,
            connecting: Duration::ZERO,
            tls_handshaking: Duration::ZERO,
            ready: None,
            written: None,
            has_interim: false,
            first_byte: None,
            last_byte: None,
            taken: None,
        }
    }

    pub(crate) fn connection_ready(&mut self) {
        self.ready = Some(Instant::now());
    }

    /// The exchange is tried again on a fresh connection: what went before counts as blocked.
    pub(crate) fn connection_lost(&mut self) {
        self.ready = None;
        self.written = None;
    }

    pub(crate) fn request_written(&mut self) {
        self.written.get_or_insert_with(Instant::now);
    }

    /// Bytes of the response arrived. A response may begin before the request is complete; then sending ends
    /// with it.
    pub(crate) fn bytes_received(&mut self, arrival: Arrival) {
        let at = self.in_order(arrival.arrived);
        self.written.get_or_insert(at);
        self.first_byte.get_or_insert(at);
        self.last_byte = Some(at);
        self.taken = Some(arrival.read);
    }

    /// A 1xx head came, which is not the response yet and ends no phase.
    pub(crate) fn interim_received(&mut self) {
        self.has_interim = true;
    }

    /// The last byte of the request left at `at`, as whoever wrote it says.
    pub(crate) fn was_written(&mut self, at: Instant) {
        let at = self.ready.map_or(at, |ready| at.max(ready));
        self.written.get_or_insert(self.first_byte.map_or(at, |first| at.min(first)));
    }

    /// Bytes of the response arrived at `at`, as whoever read them says, and are taken now.
    pub(crate) fn was_received(&mut self, at: Instant) {
        let at = self.in_order(at);
        self.first_byte.get_or_insert(at);
        self.last_byte = Some(at);
        self.taken = Some(Instant::now());
    }

    /// What others say happened at `at` did not happen before what led to it.
    fn in_order(&self, at: Instant) -> Instant {
        [self.ready, self.written, self.last_byte].into_iter().flatten().fold(at, Instant::max)
    }

    pub(crate) fn has_response_bytes(&self) -> bool {
        self.has_interim || self.first_byte.is_some()
    }

    /// When a complete response ended: with its last byte, not when it had been looked at.
    pub(crate) fn response_end(&self) -> Instant {
        self.last_byte.unwrap_or_else(Instant::now)
    }

    fn generator_delay(&self) -> Duration {
        let waited =
            self.taken.zip(self.last_byte).map(|(taken, came)| taken.saturating_duration_since(came));
        waited.unwrap_or_default()
    }

    pub(crate) fn finish(&self, ended: Instant) -> Timings {
        let ready = self.ready.unwrap_or(ended);
        let written = self.written.or(self.first_byte).unwrap_or(ended);
        let first_byte = self.first_byte.unwrap_or(ended);
        Timings {
            blocked: self.ready.map_or(Duration::ZERO, |ready| ready - self.asked),
            looking_up: self.looking_up,
            connecting: self.connecting,
            tls_handshaking: self.tls_handshaking,
            sending: written - ready,
            waiting: first_byte - written,
            receiving: ended - first_byte,
            generator_delay: self.generator_delay(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::runtime::Builder;

    use super::*;

    proptest! {
        /// Whatever happens in whatever order, and whatever others say of its time.
        #[test]
        fn the_parts_add_up(
            blocked in 0..1_000_000_000_u64,
            steps in vec((any::<bool>(), 0..1_000_000_000_u64, 0..3_000_000_000_u64), 0..12),
            // There others do both, and tell it later.
            is_shared: bool,
            is_complete: bool,
        ) {
            let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let (watch, timings, ended) = runtime.block_on(async {
                let mut watch = Stopwatch::start();
                tokio::time::advance(Duration::from_nanos(blocked)).await;
                watch.connection_ready();
                for (is_written, pause, ago) in steps {
                    tokio::time::advance(Duration::from_nanos(pause)).await;
                    let read = Instant::now();
                    let arrived = read - Duration::from_nanos(ago);
                    match (is_shared, is_written) {
                        (false, true) => watch.request_written(),
                        (true, true) => watch.was_written(arrived),
                        (false, false) => watch.bytes_received(Arrival { arrived, read }),
                        (true, false) => watch.was_received(arrived),
                    }
                }
                let ended = if is_complete { watch.response_end() } else { Instant::now() };
                let timings = watch.finish(ended);
                (watch, timings, ended)
            });
            let parts = [timings.blocked, timings.sending, timings.waiting, timings.receiving];
            prop_assert_eq!(parts.iter().sum::<Duration>(), ended - watch.asked);
            prop_assert_eq!(timings.duration(), ended - watch.asked - timings.blocked);
        }
    }

    async fn pass(ms: u64) {
        tokio::time::advance(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn neighbouring_phases_share_an_instant() {
        let mut watch = Stopwatch::start();
        pass(5).await;
        watch.connection_ready();
        pass(3).await;
        watch.request_written();
        pass(20).await;
        watch.bytes_received(Arrival::now(None));
        pass(7).await;
        watch.bytes_received(Arrival::now(None));
        pass(100).await;
        let timings = watch.finish(watch.response_end());
        assert_eq!(
            [timings.blocked, timings.sending, timings.waiting, timings.receiving]
                .map(|part| part.as_millis()),
            [5, 3, 20, 7]
        );
        assert_eq!(timings.duration().as_millis(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_charged_to_the_phase_it_was_in() {
        let mut watch = Stopwatch::start();
        pass(5).await;
        assert_eq!(watch.finish(Instant::now()), Timings::default(), "never connected");
        watch.connection_ready();
        pass(3).await;
        assert_eq!(watch.finish(Instant::now()).sending.as_millis(), 3);
        watch.request_written();
        pass(60).await;
        let timings = watch.finish(Instant::now());
        assert_eq!((timings.sending.as_millis(), timings.waiting.as_millis()), (3, 60));
    }

    #[tokio::test(start_paused = true)]
    async fn an_early_response_ends_sending() {
        let mut watch = Stopwatch::start();
        watch.connection_ready();
        pass(4).await;
        watch.bytes_received(Arrival::now(None));
        watch.request_written();
        let timings = watch.finish(watch.response_end());
        assert_eq!((timings.sending.as_millis(), timings.waiting), (4, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_its_worker_is_in_no_phase() {
        let mut watch = Stopwatch::start();
        watch.connection_ready();
        watch.request_written();
        pass(20).await;
        let arrived = Instant::now();
        pass(300).await;
        watch.bytes_received(Arrival { arrived, read: Instant::now() });
        let timings = watch.finish(watch.response_end());
        assert_eq!((timings.waiting.as_millis(), timings.generator_delay.as_millis()), (20, 300));
        assert_eq!(timings.duration().as_millis(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stamp_from_before_the_request_is_not_believed() {
        let mut watch = Stopwatch::start();
        let early = Instant::now();
        pass(5).await;
        watch.connection_ready();
        pass(3).await;
        watch.request_written();
        watch.bytes_received(Arrival { arrived: early, read: Instant::now() });
        let timings = watch.finish(watch.response_end());
        assert_eq!((timings.sending.as_millis(), timings.waiting), (3, Duration::ZERO));
    }
}
