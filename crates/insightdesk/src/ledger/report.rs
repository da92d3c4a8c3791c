//! The ledger as its readers see it: JSON for reconciliation, Prometheus text for dashboards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::histogram::Reading;
use super::{Ledger, RouteLedger, read};

/// The whole ledger.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LedgerReport {
    /// How long the account covers.
    seconds: f64,
    /// Sums over all routes.
    totals: Totals,
    /// Every route that was asked for at least once.
    routes: Vec<RouteReport>,
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Totals {
    received: u64,
    answered: u64,
    in_flight: u64,
    abandoned: u64,
    received_bytes: u64,
    sent_bytes: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RouteReport {
    /// `GET /api/v1/tickets/{id}`.
    route: String,
    #[serde(flatten)]
    counts: Totals,
    /// Answers by status code.
    by_status: BTreeMap<u16, u64>,
    /// From the request's head read to the answer ready.
    latency: LatencyReport,
}

/// Durations in microseconds.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LatencyReport {
    count: u64,
    sum_us: u64,
    max_us: u64,
    p50_us: u64,
    p90_us: u64,
    p95_us: u64,
    p99_us: u64,
    /// Inclusive upper bound and count of each bucket that is not empty.
    buckets: Vec<(u64, u64)>,
}

impl Ledger {
    /// The account so far.
    pub(crate) fn report(&self) -> LedgerReport {
        let asked = self.routes.iter().filter(|route| read(&route.received) > 0);
        let routes: Vec<_> = asked.map(report_route).collect();
        let mut totals = Totals::default();
        for RouteReport { counts, .. } in &routes {
            totals.received += counts.received;
            totals.answered += counts.answered;
            totals.in_flight += counts.in_flight;
            totals.abandoned += counts.abandoned;
            totals.received_bytes += counts.received_bytes;
            totals.sent_bytes += counts.sent_bytes;
        }
        LedgerReport { seconds: self.since.elapsed().as_secs_f64(), totals, routes }
    }

    /// The account so far in Prometheus' text format.
    pub(crate) fn prometheus(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        let asked = || self.routes.iter().filter(|route| read(&route.received) > 0);
        head(&mut text, "insightdesk_http_requests_total", "counter", "Requests answered.");
        for route in asked() {
            for (status, count) in route.statuses() {
                let labels = labels(route);
                _ = writeln!(text, "insightdesk_http_requests_total{{{labels},status=\"{status}\"}} {count}");
            }
        }
        let name = "insightdesk_http_request_duration_seconds";
        head(&mut text, name, "histogram", "From the request's head read to the answer ready.");
        for route in asked() {
            histogram(&mut text, name, &labels(route), &route.latency.read());
        }
        head(&mut text, "insightdesk_http_requests_in_flight", "gauge", "Requests not answered yet.");
        for route in asked() {
            let in_flight = counts(route).in_flight;
            _ = writeln!(text, "insightdesk_http_requests_in_flight{{{}}} {in_flight}", labels(route));
        }
        head(
            &mut text,
            "insightdesk_http_requests_abandoned_total",
            "counter",
            "Requests whose client left.",
        );
        for route in asked() {
            let abandoned = read(&route.abandoned);
            _ = writeln!(text, "insightdesk_http_requests_abandoned_total{{{}}} {abandoned}", labels(route));
        }
        head(&mut text, "insightdesk_uptime_seconds", "gauge", "Time since the start.");
        _ = writeln!(text, "insightdesk_uptime_seconds {}", self.since.elapsed().as_secs_f64());
        text
    }
}

fn counts(route: &RouteLedger) -> Totals {
    // Answers are read before arrivals, so that a request in between counts as in flight and never as minus
    // one.
    let answered = route.statuses().map(|(_, count)| count).sum();
    let abandoned = read(&route.abandoned);
    let received = read(&route.received);
    Totals {
        received,
        answered,
        abandoned,
        in_flight: received.saturating_sub(answered + abandoned),
        received_bytes: read(&route.received_bytes),
        sent_bytes: read(&route.sent_bytes),
    }
}

fn report_route(route: &RouteLedger) -> RouteReport {
    let reading = route.latency.read();
    RouteReport {
        route: format!("{} {}", route.method, route.path).trim().to_owned(),
        counts: counts(route),
        by_status: route.statuses().collect(),
        latency: LatencyReport {
            count: reading.count,
            sum_us: reading.sum_us,
            max_us: reading.max_us,
            p50_us: reading.quantile_us(0.50),
            p90_us: reading.quantile_us(0.90),
            p95_us: reading.quantile_us(0.95),
            p99_us: reading.quantile_us(0.99),
            buckets: reading.buckets,
        },
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn labels(route: &RouteLedger) -> String {
    format!("method=\"{}\",route=\"{}\"", route.method, route.path)
}

/// Buckets at the powers of two from 256 µs to 16.8 s, where the fine histogram has bounds too.
const BUCKET_LOG2: std::ops::RangeInclusive<u32> = 8..=24;

fn histogram(text: &mut String, name: &str, labels: &str, reading: &Reading) {
    for log2 in BUCKET_LOG2 {
        let bound = Duration::from_micros(1 << log2).as_secs_f64();
        let count = reading.count_up_to(log2);
        _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
    }
    let sum = Duration::from_micros(reading.sum_us).as_secs_f64();
    _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", reading.count);
    _ = writeln!(text, "{name}_sum{{{labels}}} {sum}");
    _ = writeln!(text, "{name}_count{{{labels}}} {}", reading.count);
}
