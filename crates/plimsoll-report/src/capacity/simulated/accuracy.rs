//! What theory says of queues, and how near searches come to it.

use super::queue::Queue;
use super::{limits, search};
use crate::capacity::{End, Limits, Model, Search, strategy};

/// The share of responses above `t` of an M/M/c queue (Erlang C).
fn above(servers: usize, service: f64, rate: f64, t: f64) -> f64 {
    let (c, a) = (servers as f64, rate / service);
    if a >= c {
        return 1.0;
    }
    let mut blocked = 1.0;
    for n in 1..=servers {
        blocked = a * blocked / (n as f64 + a * blocked);
    }
    let waits = blocked / (1.0 - a / c * (1.0 - blocked));
    let spare = c * service - rate;
    let served = (-service * t).exp();
    let waited = (-spare * t).exp();
    // The wait is 0, or exponential with rate `spare`; the service is exponential.
    let sum = if (spare - service).abs() < 1e-9 * service {
        served * (1.0 + service * t)
    } else {
        (spare * served - service * waited) / (spare - service)
    };
    (1.0 - waits) * served + waits * sum
}

/// The rate at which 5 % of the responses take longer than `t`.
pub(super) fn rate_within(servers: usize, service: f64, t: f64) -> f64 {
    met_up_to(servers as f64 * service, |rate| above(servers, service, rate, t))
}

/// The highest load, up to `most`, at which a share is 5 %.
fn met_up_to(most: f64, share: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, most);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if share(middle) <= 0.05 { low = middle } else { high = middle }
    }
    low
}

/// The share of responses above `t` when `users` without think time share the servers: whoever comes waits
/// until all but `servers` of those before are served (Erlang), and is then served itself. Between whole
/// numbers it is interpolated.
fn above_closed(servers: usize, service: f64, users: f64, t: f64) -> f64 {
    const STEPS: usize = 500;
    let at = |users: usize| {
        let before = users.saturating_sub(servers);
        if before == 0 {
            return (-service * t).exp();
        }
        let rate = servers as f64 * service;
        let width = t / STEPS as f64;
        let (mut within, mut both) = (0.0, 0.0);
        let ln_factorial: f64 = (1..before).map(|n| (n as f64).ln()).sum();
        for step in 0..STEPS {
            let x = (step as f64 + 0.5) * width;
            let ln = before as f64 * rate.ln() + (before - 1) as f64 * x.ln() - rate * x - ln_factorial;
            let density = ln.exp() * width;
            within += density;
            both += density * (-service * (t - x)).exp();
        }
        (1.0 - within).max(0.0) + both
    };
    let (whole, rest) = (users.floor(), users.fract());
    at(whole as usize) * (1.0 - rest) + at(whole as usize + 1) * rest
}

/// How many searches end within 5 % of the truth, how many intervals hold it, and by how much each is off.
fn judge(truth: f64, searches: impl Iterator<Item = Search>) -> (usize, usize, Vec<f64>) {
    let (mut near, mut held, mut off, mut took) = (0, 0, Vec::new(), 0.0);
    for search in searches {
        took += search.spent();
        assert_eq!(search.end(), Some(&End::Found));
        let found = strategy::estimate(&search).expect("there is a limit").crossing;
        off.push((found.load / truth - 1.0) * 100.0);
        near += usize::from((found.load / truth - 1.0).abs() <= 0.05);
        held += usize::from(found.low <= truth && truth <= found.high);
    }
    println!("{:.0} s each", took / off.len() as f64);
    (near, held, off)
}

#[test]
fn the_rate_of_a_queue_is_found_within_five_percent() {
    for (servers, mean_ms, bound_ms) in [(4, 5.0, 25.0), (16, 10.0, 45.0), (64, 20.0, 80.0)] {
        let (service, bound) = (1e3 / mean_ms, bound_ms / 1e3);
        let truth = rate_within(servers, service, bound);
        let one = |seed| search(&mut Queue::new(seed, servers, service, bound), Model::Open, limits());
        let (near, held, off) = judge(truth, (0..6).map(one));
        println!("{servers} servers, {truth:.0}/s: {held} intervals hold it; off by {off:.1?} %");
        assert!(near >= 5, "{servers} servers, {truth:.0}/s: off by {off:.1?} %");
        assert!(held >= 3, "{servers} servers: {held} of 6 intervals hold the truth; off by {off:.1?} %");
    }
}

#[test]
fn the_number_of_users_of_a_queue_is_found_within_five_percent() {
    for (servers, mean_ms, bound_ms) in [(4, 5.0, 70.0), (16, 10.0, 60.0)] {
        let (service, bound) = (1e3 / mean_ms, bound_ms / 1e3);
        let truth = met_up_to(2_000.0, |users| above_closed(servers, service, users, bound));
        let limits = Limits { start: 1.0, ..limits() };
        let one = |seed| search(&mut Queue::new(seed, servers, service, bound), Model::Closed, limits);
        let (near, held, off) = judge(truth, (0..6).map(one));
        println!("{servers} servers, {truth:.1} users: {held} intervals hold it; off by {off:.1?} %");
        assert!(near >= 5, "{servers} servers, {truth:.1} users: off by {off:.1?} %");
    }
}
