//! From facts to series: which metrics an exchange feeds, and which tags its samples get.
//!
//! Precedence of tags, lowest first, as in k6: run, scenario, the call's own, then what the system knows of
//! the sample. Tags that are not among the run's `systemTags` are left out.

use std::time::Duration;

use plimsoll_metrics::{SampleContext, Shard, Symbol, TagKey, TagSetId, builtin, tag};
use plimsoll_net::{Exchange, Method};
use plimsoll_plan::options::tags::SystemTag;

use crate::tag_scope::TagScope;
use crate::worker::{Target, Worker};

/// Interned values that every HTTP sample needs.
pub(crate) struct TagValues {
    methods: Vec<(&'static str, Symbol)>,
    /// Status codes 0 to 599; others are rare and interned when they come.
    statuses: Vec<Symbol>,
    protocols: [Symbol; 3],
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const COMMON_STATUSES: u16 = 600;

impl TagValues {
    pub(crate) fn new(shard: &mut Shard) -> Self {
        TagValues {
            methods: METHODS.iter().map(|method| (*method, shard.symbol(method))).collect(),
            statuses: (0..COMMON_STATUSES).map(|status| shard.symbol(&status.to_string())).collect(),
            protocols: [shard.symbol("HTTP/1.0"), shard.symbol("HTTP/1.1"), shard.symbol("HTTP/2.0")],
        }
    }

    fn method(&self, shard: &mut Shard, method: &Method) -> Symbol {
        let known = self.methods.iter().find(|(name, _)| *name == method.as_str());
        known.map_or_else(|| shard.symbol(method.as_str()), |(_, symbol)| *symbol)
    }

    fn status(&self, shard: &mut Shard, status: u16) -> Symbol {
        let known = self.statuses.get(usize::from(status)).copied();
        known.unwrap_or_else(|| shard.symbol(&status.to_string()))
    }

    fn protocol(&self, protocol: plimsoll_net::Protocol) -> Symbol {
        match protocol {
            plimsoll_net::Protocol::Http10 => self.protocols[0],
            plimsoll_net::Protocol::Http11 => self.protocols[1],
            plimsoll_net::Protocol::Http2 => self.protocols[2],
        }
    }
}

/// What is known of an exchange beside the exchange itself.
pub(crate) struct HttpFact<'a> {
    pub(crate) method: &'a Method,
    pub(crate) target: &'a Target,
    /// The call's own tags.
    pub(crate) tags: &'a [(TagKey, Symbol)],
    pub(crate) exchange: &'a Exchange,
    /// How late its iteration started; `None` without a schedule.
    pub(crate) lateness: Option<Duration>,
    /// Whether the response callback expected it; `None` without a callback.
    pub(crate) expected: Option<bool>,
    /// Error code and short message of a failed exchange or an error status.
    pub(crate) error: Option<(u16, Option<&'a str>)>,
}

/// **The** table of what an HTTP exchange feeds: `http_reqs`, `http_req_failed` and the seven durations, all
/// with the same tags and time. `http_req_failed` is left out when no response callback judged the response.
/// A response also feeds `generator_delay`, an exchange of a scheduled iteration feeds
/// `http_req_response_time` too.
pub(crate) fn record_http(worker: &Worker, scope: &mut TagScope, fact: &HttpFact<'_>) {
    let mut shard = worker.shard();
    let set = http_tag_set(worker, scope, &mut shard, fact);
    let timings = &fact.exchange.timings;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let failed = f64::from(u8::from(fact.expected == Some(false)));
    let values = builtin::HTTP.map(|metric| match metric {
        builtin::HTTP_REQS => 1.0,
        builtin::HTTP_REQ_FAILED => failed,
        builtin::HTTP_REQ_DURATION => ms(timings.duration()),
        builtin::HTTP_REQ_BLOCKED => ms(timings.blocked),
        builtin::HTTP_REQ_CONNECTING => ms(timings.connecting),
        builtin::HTTP_REQ_TLS_HANDSHAKING => ms(timings.tls_handshaking),
        builtin::HTTP_REQ_SENDING => ms(timings.sending),
        builtin::HTTP_REQ_WAITING => ms(timings.waiting),
        builtin::HTTP_REQ_RECEIVING => ms(timings.receiving),
        other => unreachable!("{other:?} is not among builtin::HTTP"),
    });
    let at = worker.context.clock.timestamp(fact.exchange.ended_at);
    let context = sample_context(&shard, scope, fact);
    let series = shard.series_block(&builtin::HTTP, set);
    if fact.expected.is_some() {
        shard.record_block(&series, &values, at, &context);
    } else {
        for ((metric, series), value) in builtin::HTTP.iter().zip(&series).zip(&values) {
            if *metric != builtin::HTTP_REQ_FAILED {
                shard.record_with(*series, *value, at, &context);
            }
        }
    }
    if fact.exchange.result.is_ok() {
        let series = worker.generator_delay(&mut shard);
        shard.record(series, ms(timings.generator_delay), at);
    }
    if let Some(lateness) = fact.lateness {
        let series = shard.series(builtin::HTTP_REQ_RESPONSE_TIME, set);
        shard.record_with(series, ms(response_time(fact.exchange, lateness)), at, &context);
    }
}

/// What a user waits who comes when the schedule says.
///
/// ```text
///  due         started     asked                 ended
///   |- lateness --|- script --|----- exchange -----|
///              |-- lateness --|
///              '-------- response time ------------'
/// ```
///
/// That user would have sent every request of the iteration earlier by its lateness. Waiting for a connection
/// counts, the script's own work does not: a request at the very start of its iteration takes from when the
/// iteration was due to the end.
fn response_time(exchange: &Exchange, lateness: Duration) -> Duration {
    exchange.ended_at.saturating_duration_since(exchange.started_at) + lateness
}

fn sample_context(shard: &Shard, scope: &TagScope, fact: &HttpFact<'_>) -> SampleContext {
    if !shard.keeps_raw() {
        return SampleContext::default();
    }
    let url = given_name(scope, fact).is_none().then(|| std::sync::Arc::clone(&fact.target.shown));
    SampleContext { url, ..scope.context() }
}

/// The name that the script gave the request: with the call, or for all that the VU does.
fn given_name(scope: &TagScope, fact: &HttpFact<'_>) -> Option<Symbol> {
    let named = |tags: &[(TagKey, Symbol)]| tags.iter().rev().find(|(key, _)| *key == tag::NAME).copied();
    named(fact.tags).or_else(|| named(scope.base())).map(|(_, name)| name)
}

fn http_tag_set(worker: &Worker, scope: &mut TagScope, shard: &mut Shard, fact: &HttpFact<'_>) -> TagSetId {
    let values = &worker.values;
    // A name given by the script replaces the URL in both tags, which bounds the number of series.
    let name = given_name(scope, fact).unwrap_or(fact.target.series_name);
    scope.begin();
    scope.push_system(SystemTag::Name, tag::NAME, name);
    scope.push(fact.tags);
    scope.push_system(SystemTag::Url, tag::URL, name);
    scope.push_system(SystemTag::Method, tag::METHOD, values.method(shard, fact.method));
    let response = fact.exchange.result.as_ref().ok();
    scope.push_system(
        SystemTag::Status,
        tag::STATUS,
        values.status(shard, response.map_or(0, |response| response.status)),
    );
    if let Some(response) = response {
        scope.push_system(SystemTag::Proto, tag::PROTO, values.protocol(response.protocol));
    }
    if let Some(tls) = &fact.exchange.tls {
        scope.push_system(SystemTag::TlsVersion, tag::TLS_VERSION, shard.symbol(tls.version));
        if let Some(ocsp) = &tls.ocsp {
            scope.push_system(SystemTag::OcspStatus, tag::OCSP_STATUS, shard.symbol(ocsp.status.as_str()));
        }
    }
    if let Some(expected) = fact.expected {
        scope.push_system(
            SystemTag::ExpectedResponse,
            tag::EXPECTED_RESPONSE,
            if expected { Symbol::TRUE } else { Symbol::FALSE },
        );
    }
    if let Some((code, message)) = fact.error {
        scope.push_system(SystemTag::ErrorCode, tag::ERROR_CODE, shard.symbol(&code.to_string()));
        if let Some(message) = message {
            scope.push_system(SystemTag::Error, tag::ERROR, shard.symbol(message));
        }
    }
    if let Some(remote) = fact.exchange.remote.filter(|_| scope.sets(SystemTag::Ip)) {
        scope.push_system(SystemTag::Ip, tag::IP, shard.symbol(&remote.ip().to_string()));
    }
    scope.finish(shard)
}
