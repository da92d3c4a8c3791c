//! The metrics that every run has, with their ids as constants. Names, kinds and meanings are k6's.

use crate::registry::{MetricId, MetricKind, ValueKind};

/// One built-in metric's definition.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its fixed id.
    pub id: MetricId,
    /// Its k6 name.
    pub name: &'static str,
    /// What its values stand for.
    pub contains: ValueKind,
}

/// Numbers the metrics in the order of the list and gives each a constant.
macro_rules! builtins {
    ($($(#[$doc:meta])* $constant:ident = $name:literal $kind:ident $contains:ident;)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "only used to number the list")]
        enum Index { $($constant),+ }

        $(
            $(#[$doc])*
            pub const $constant: MetricId = MetricId::new(Index::$constant as u32, MetricKind::$kind);
        )+

        /// All built-in metrics, in index order.
        pub const ALL: &[Builtin] = &[
            $(Builtin { id: $constant, name: $name, contains: ValueKind::$contains }),+
        ];
    };
}

builtins! {
    /// VUs that are running iterations.
    VUS = "vus" Gauge Default;
    /// VUs that are initialised.
    VUS_MAX = "vus_max" Gauge Default;
    /// Complete iterations.
    ITERATIONS = "iterations" Counter Default;
    /// Duration of complete iterations.
    ITERATION_DURATION = "iteration_duration" Trend Time;
    /// Iterations that could not be started.
    DROPPED_ITERATIONS = "dropped_iterations" Counter Default;
    /// From when the schedule wanted an iteration to when it started. Not known to k6.
    ITERATION_LATENESS = "iteration_lateness" Trend Time;
    /// From a response being complete at this machine to its worker having it. Not known to k6.
    GENERATOR_DELAY = "generator_delay" Trend Time;
    /// Outcomes of `check()`.
    CHECKS = "checks" Rate Default;
    /// Duration of `group()` calls.
    GROUP_DURATION = "group_duration" Trend Time;
    /// Requests that reached the transport, each hop of a redirect chain counted.
    HTTP_REQS = "http_reqs" Counter Default;
    /// Requests whose outcome was unexpected.
    HTTP_REQ_FAILED = "http_req_failed" Rate Default;
    /// Sending + waiting + receiving.
    HTTP_REQ_DURATION = "http_req_duration" Trend Time;
    /// From when the schedule wanted a request to its end; only where there is a schedule. Not known to k6.
    HTTP_REQ_RESPONSE_TIME = "http_req_response_time" Trend Time;
    /// From asking for a connection to having one.
    HTTP_REQ_BLOCKED = "http_req_blocked" Trend Time;
    /// TCP connect.
    HTTP_REQ_CONNECTING = "http_req_connecting" Trend Time;
    /// TLS handshake.
    HTTP_REQ_TLS_HANDSHAKING = "http_req_tls_handshaking" Trend Time;
    /// Writing the request.
    HTTP_REQ_SENDING = "http_req_sending" Trend Time;
    /// From request sent to first response byte.
    HTTP_REQ_WAITING = "http_req_waiting" Trend Time;
    /// From first to last response byte.
    HTTP_REQ_RECEIVING = "http_req_receiving" Trend Time;
    /// WebSocket connection attempts.
    WS_SESSIONS = "ws_sessions" Counter Default;
    /// WebSocket messages sent.
    WS_MSGS_SENT = "ws_msgs_sent" Counter Default;
    /// WebSocket messages received.
    WS_MSGS_RECEIVED = "ws_msgs_received" Counter Default;
    /// Round trip of WebSocket pings.
    WS_PING = "ws_ping" Trend Time;
    /// Life of WebSocket connections.
    WS_SESSION_DURATION = "ws_session_duration" Trend Time;
    /// WebSocket connect, handshake included.
    WS_CONNECTING = "ws_connecting" Trend Time;
    /// gRPC calls.
    GRPC_REQ_DURATION = "grpc_req_duration" Trend Time;
    /// Bytes written to sockets.
    DATA_SENT = "data_sent" Counter Data;
    /// Bytes read from sockets.
    DATA_RECEIVED = "data_received" Counter Data;
}

/// The metrics that every HTTP request feeds; all of them share one tag set and one timestamp. So does
/// [`HTTP_REQ_RESPONSE_TIME`], for requests of scheduled iterations.
pub const HTTP: [MetricId; 9] = [
    HTTP_REQS,
    HTTP_REQ_FAILED,
    HTTP_REQ_DURATION,
    HTTP_REQ_BLOCKED,
    HTTP_REQ_CONNECTING,
    HTTP_REQ_TLS_HANDSHAKING,
    HTTP_REQ_SENDING,
    HTTP_REQ_WAITING,
    HTTP_REQ_RECEIVING,
];
