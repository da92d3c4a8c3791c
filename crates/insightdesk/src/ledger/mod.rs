//! The desk's own account of every request, so that a load test can be reconciled from both sides.
//!
//! One [`RouteLedger`] per route, all atomics: keeping the account takes no lock. At any moment `received =
//! answered + in flight + abandoned` holds for each route; abandoned requests are those whose client went
//! away, or that were cut off on purpose. Requests that are no HTTP never reach a route and are not in here.
//! Start with [`Ledger::receive`].

mod histogram;
mod report;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use tokio::time::Instant;

use self::histogram::Histogram;
pub(crate) use self::report::LedgerReport;

/// Names a route of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteId(usize);

/// Status codes run from 100 to 599; HTTP allows up to 999, which nobody here sends.
const STATUSES: usize = 500;

/// The account of one route.
struct RouteLedger {
    method: &'static str,
    path: &'static str,
    received: AtomicU64,
    received_bytes: AtomicU64,
    sent_bytes: AtomicU64,
    abandoned: AtomicU64,
    answered: Box<[AtomicU64]>,
    latency: Histogram,
}

/// The account of all routes.
pub(crate) struct Ledger {
    routes: Vec<RouteLedger>,
    index: HashMap<&'static str, Vec<(Method, RouteId)>>,
    since: Instant,
}

/// The route of requests that match none.
const UNMATCHED: RouteId = RouteId(0);

impl Ledger {
    /// An empty account for the given routes and one for everything else.
    pub(crate) fn new<'a>(routes: impl Iterator<Item = (&'a Method, &'static str)>) -> Self {
        let mut ledger = Self {
            routes: vec![RouteLedger::new("", "unmatched")],
            index: HashMap::new(),
            since: Instant::now(),
        };
        for (method, path) in routes {
            let id = RouteId(ledger.routes.len());
            ledger.routes.push(RouteLedger::new(method_name(method), path));
            ledger.index.entry(path).or_default().push((method.clone(), id));
        }
        ledger
    }

    /// The route with this method and path template.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<RouteId> {
        // HEAD is answered by the route for GET.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.index.get(path)?.iter().find(|(candidate, _)| candidate == method).map(|&(_, id)| id)
    }

    /// The route called, for example, `GET /api/v1/tickets/{id}`.
    pub(crate) fn by_name(&self, name: &str) -> Option<RouteId> {
        let (method, path) = name.split_once(' ')?;
        self.find(&Method::from_bytes(method.as_bytes()).ok()?, path)
    }

    /// Notes that a request came in. The visit ends as abandoned unless it is answered.
    pub(crate) fn receive(&self, route: Option<RouteId>) -> Visit<'_> {
        let route = self.account(route);
        add(&route.received, 1);
        Visit { route, started_at: Instant::now(), is_answered: false }
    }

    /// Notes that so much of a request's body was read.
    pub(crate) fn note_read(&self, route: Option<RouteId>, bytes: usize) {
        add(&self.account(route).received_bytes, u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    fn account(&self, route: Option<RouteId>) -> &RouteLedger {
        let RouteId(index) = route.unwrap_or(UNMATCHED);
        &self.routes[index]
    }
}

impl RouteLedger {
    fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            path,
            received: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            answered: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            latency: Histogram::default(),
        }
    }

    /// The statuses that occurred, and how often.
    fn statuses(&self) -> impl Iterator<Item = (u16, u64)> {
        let counts = self.answered.iter().map(read);
        (100..).zip(counts).filter(|&(_, count)| count > 0)
    }
}

/// One request on its way through the desk.
pub(crate) struct Visit<'a> {
    route: &'a RouteLedger,
    started_at: Instant,
    is_answered: bool,
}

impl Visit<'_> {
    /// Notes the answer: its status, the size of its body, and the time since the request's head was read.
    pub(crate) fn answer(mut self, status: StatusCode, bytes: u64) -> Duration {
        self.is_answered = true;
        let took = self.started_at.elapsed();
        let slot = usize::from(status.as_u16() - 100).min(STATUSES - 1);
        add(&self.route.answered[slot], 1);
        add(&self.route.sent_bytes, bytes);
        self.route.latency.record(took);
        took
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            add(&self.route.abandoned, 1);
        }
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new([(&Method::GET, "/a/{id}"), (&Method::POST, "/a/{id}")].into_iter())
    }

    #[test]
    fn routes_are_found_by_method_and_template() {
        let ledger = ledger();
        assert_eq!(ledger.find(&Method::HEAD, "/a/{id}"), ledger.by_name("GET /a/{id}"));
        assert_ne!(ledger.by_name("POST /a/{id}"), ledger.by_name("GET /a/{id}"));
        assert_eq!(ledger.by_name("PUT /a/{id}"), None);
    }

    #[test]
    fn a_visit_is_answered_or_abandoned() {
        let ledger = ledger();
        let route = ledger.by_name("GET /a/{id}");
        ledger.receive(route).answer(StatusCode::NOT_FOUND, 10);
        drop(ledger.receive(route));
        ledger.note_read(route, 3);
        ledger.note_read(route, 4);
        let account = &ledger.routes[route.expect("known").0];
        assert_eq!(account.statuses().collect::<Vec<_>>(), [(404, 1)]);
        assert_eq!((read(&account.received), read(&account.abandoned)), (2, 1));
        assert_eq!((read(&account.received_bytes), read(&account.sent_bytes)), (7, 10));
    }
}
