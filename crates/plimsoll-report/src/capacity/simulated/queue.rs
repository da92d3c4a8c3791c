//! A queue that is simulated, with several ways to be in trouble.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::capacity::{Model, Moment, Tally};
use crate::statistics::dice::Dice;

/// How long a moment is.
pub(super) const MOMENT: f64 = 0.25;

/// A queue in front of `servers` servers with exponential service times.
#[derive(Clone)]
pub(super) struct Queue {
    pub(super) dice: Dice,
    pub(super) servers: usize,
    /// Of one server, per second.
    pub(super) service: f64,
    /// What the share of samples above is asked for, in seconds.
    pub(super) bound: f64,
    pub(super) now: f64,
    /// When each server is free.
    pub(super) free: BinaryHeap<Reverse<Time>>,
    /// When iterations will end, and when they began.
    pub(super) ending: BinaryHeap<Reverse<(Time, Time)>>,
    pub(super) next_arrival: f64,
    pub(super) load: f64,
    /// With more iterations under way than this it works at half the speed, until hardly any are left.
    pub(super) breaks_at: usize,
    pub(super) is_broken: bool,
    /// The rate from which on the generator is in trouble.
    pub(super) generator: f64,
    /// How long an iteration sleeps before its request, in seconds.
    pub(super) sleep: f64,
    /// Under this load and above nothing ends any more.
    pub(super) hangs_from: f64,
    /// Above this rate all requests are turned away at once.
    pub(super) sheds_above: f64,
    /// By how much longer the first iteration of a VU is served than others.
    pub(super) login: f64,
    /// How many VUs there are: as many as were ever needed at once.
    pub(super) vus: usize,
    /// First iterations since the last moment.
    pub(super) fresh: f64,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) struct Time(f64);

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
    pub(super) fn new(seed: u64, servers: usize, service: f64, bound: f64) -> Self {
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
            breaks_at: usize::MAX,
            is_broken: false,
            generator: f64::INFINITY,
            sleep: 0.0,
            hangs_from: f64::INFINITY,
            sheds_above: f64::INFINITY,
            login: 1.0,
            vus: 0,
            fresh: 0.0,
        }
    }

    pub(super) fn drive(&mut self, load: f64, model: Model) {
        if self.load >= self.hangs_from && load < self.hangs_from {
            // It answers all of them at once.
            let began: Vec<Time> = self.ending.drain().map(|Reverse((_, began))| began).collect();
            self.ending.extend(began.into_iter().map(|began| Reverse((Time(self.now), began))));
            self.free = (0..self.servers).map(|_| Reverse(Time(self.now))).collect();
        }
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
        self.is_broken = match self.ending.len() {
            many if many > self.breaks_at => true,
            few if few < self.servers => false,
            _ => self.is_broken,
        };
        let mut speed = if self.is_broken { 0.5 } else { 1.0 };
        if self.ending.len() >= self.vus {
            self.vus = self.ending.len() + 1;
            self.fresh += 1.0;
            speed /= self.login;
        }
        let arrives = at + self.sleep;
        let hangs = self.load >= self.hangs_from;
        let end = match hangs || self.load > self.sheds_above {
            true if hangs => f64::INFINITY,
            true => arrives,
            false => free.max(arrives) + self.dice.exponential() / (speed * self.service),
        };
        self.free.push(Reverse(Time(if self.load > self.sheds_above { free } else { end })));
        self.ending.push(Reverse((Time(end), Time(at))));
    }

    pub(super) fn moment(&mut self, model: Model) -> Moment {
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
            moment.completed += 1.0;
            moment.judged += 1.0;
            moment.failed += f64::from(u8::from(self.load > self.sheds_above));
            moment.took += end - began;
            let took = end - began - self.sleep;
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
        moment.fresh = std::mem::take(&mut self.fresh);
        moment.trouble = (self.load > self.generator).then(|| "no CPU left".to_owned());
        moment
    }
}
