//! Searches against targets that are simulated: queues whose capacity is known in closed form.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Bar, Limits, Model, Moment, Order, Search, Tally, strategy};
use crate::statistics::dice::Dice;

/// How long a moment is.
const MOMENT: f64 = 0.25;

/// A queue in front of `servers` servers with exponential service times.
#[derive(Clone)]
struct Queue {
    dice: Dice,
    servers: usize,
    /// Of one server, per second.
    service: f64,
    /// What the share of samples above is asked for, in seconds.
    bound: f64,
    now: f64,
    /// When each server is free.
    free: BinaryHeap<Reverse<Time>>,
    /// When iterations will end, and when they began.
    ending: BinaryHeap<Reverse<(Time, Time)>>,
    next_arrival: f64,
    load: f64,
}

#[derive(Clone, Copy, PartialEq)]
struct Time(f64);

impl Eq for Time {}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Queue {
    fn new(seed: u64, servers: usize, service: f64, bound: f64) -> Self {
        Self {
            dice: Dice::new(seed),
            servers,
            service,
            bound,
            now: 0.0,
            free: (0..servers).map(|_| Reverse(Time(0.0))).collect(),
            ending: BinaryHeap::new(),
            next_arrival: f64::INFINITY,
            load: 0.0,
        }
    }

    fn drive(&mut self, load: f64, model: Model) {
        self.load = load;
        match model {
            Model::Open if load > 0.0 => self.next_arrival = self.now + self.dice.exponential() / load,
            Model::Open => self.next_arrival = f64::INFINITY,
            Model::Closed => {
                for _ in self.ending.len()..load as usize {
                    self.start(self.now);
                }
            }
        }
    }

    fn start(&mut self, at: f64) {
        let Reverse(Time(free)) = self.free.pop().expect("there are servers");
        let end = free.max(at) + self.dice.exponential() / self.service;
        self.free.push(Reverse(Time(end)));
        self.ending.push(Reverse((Time(end), Time(at))));
    }

    fn moment(&mut self, model: Model) -> Moment {
        let until = self.now + MOMENT;
        let mut moment = Moment { seconds: MOMENT, tallies: vec![Tally::default()], ..Moment::default() };
        let mut area = 0.0;
        loop {
            let end = self.ending.peek().map_or(f64::INFINITY, |Reverse((Time(end), _))| *end);
            let next = end.min(self.next_arrival).min(until);
            area += self.ending.len() as f64 * (next - self.now);
            self.now = next;
            if next >= until {
                break;
            }
            if next >= self.next_arrival {
                self.start(next);
                moment.started += 1.0;
                self.next_arrival = next + self.dice.exponential() / self.load;
                continue;
            }
            let Some(Reverse((Time(end), Time(began)))) = self.ending.pop() else { break };
            let took = end - began;
            moment.completed += 1.0;
            moment.judged += 1.0;
            moment.took += took;
            let tally = &mut moment.tallies[0];
            tally.of += 1.0;
            tally.over += f64::from(u8::from(took > self.bound));
            tally.near += f64::from(u8::from(took > self.bound / 4.0));
            if model == Model::Closed && self.ending.len() < self.load as usize {
                self.start(next);
                moment.started += 1.0;
            }
        }
        moment.in_flight = area / MOMENT;
        moment
    }

    fn capacity(&self) -> f64 {
        self.servers as f64 * self.service
    }
}

fn limits() -> Limits {
    Limits {
        start: 10.0,
        least: 1.0,
        most: 100_000.0,
        precision: 0.02,
        shortest: 3.0,
        longest: 20.0,
        budget: 1_200.0,
        recovery: true,
    }
}

fn search(queue: &mut Queue, model: Model, limits: Limits) -> Search {
    let mut search =
        Search::new(model, limits, vec![Bar { limit: 0.05, is_share: true, is_optional: false }], Vec::new());
    let mut order = search.begin();
    while order != Order::End {
        match order {
            Order::Drive(load) => queue.drive(load, model),
            Order::Rest => queue.drive(0.0, model),
            Order::Stay | Order::End => {}
        }
        order = search.tick(queue.moment(model));
    }
    search
}

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
    let both = (-(spare).min(service) * t).exp();
    let _ = both;
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
fn rate_within(servers: usize, service: f64, t: f64) -> f64 {
    let (mut low, mut high) = (0.0, servers as f64 * service);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if above(servers, service, middle, t) <= 0.05 { low = middle } else { high = middle }
    }
    low
}

#[test]
#[ignore = "prints how searches end"]
fn survey() {
    for (servers, mean_ms, bound_ms) in [(4, 5.0, 25.0), (4, 20.0, 100.0), (16, 10.0, 45.0), (64, 20.0, 80.0)]
    {
        let truth = rate_within(servers, 1e3 / mean_ms, bound_ms / 1e3);
        let mut within = 0;
        for seed in 0..20 {
            let mut queue = Queue::new(seed, servers, 1e3 / mean_ms, bound_ms / 1e3);
            let search = search(&mut queue, Model::Open, limits());
            let estimate = strategy::estimate(&search);
            let crossing = estimate.map(|estimate| estimate.crossing);
            let off = crossing.map_or(f64::NAN, |crossing| crossing.load / truth - 1.0);
            within += u32::from(off.abs() <= 0.05);
            println!(
                "c={servers} truth {truth:.1} of {:.0}: {:+.3} [{:.1} {:.1}] conf {:?} {:?} plateaus {} {:.0}s meta {:?}",
                queue.capacity(),
                off,
                crossing.map_or(0.0, |c| c.low),
                crossing.map_or(0.0, |c| c.high),
                strategy::confirmed(search.plateaus()),
                search.end(),
                search.plateaus().len(),
                search.spent(),
                strategy::is_metastable(search.plateaus()),
            );
            if seed == 0 {
                for p in search.plateaus() {
                    println!(
                        "   {:?} {:.1} {:.1}s cut {} {:?}",
                        p.purpose,
                        p.load,
                        p.seconds(),
                        p.cut,
                        p.verdict
                    );
                }
            }
        }
        println!("within 5 %: {within} of 20");
    }
}
