//! What queueing theory says of a server with c workers and exponential service times.

/// A server of known capacity, and the bound that 95 % of its answers have to keep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    pub(super) workers: usize,
    pub(super) mean_ms: f64,
    pub(super) bound_ms: f64,
}

/// The share that may take longer.
const SHARE: f64 = 0.05;

impl Server {
    /// The rate of Poisson arrivals at which 5 % of the answers take longer than the bound (M/M/c).
    pub(super) fn rate(&self) -> f64 {
        met_up_to(self.workers as f64 * self.service(), |rate| self.above_open(rate))
    }

    /// The number of users without think time at which 5 % do, interpolated between whole numbers.
    pub(super) fn users(&self) -> f64 {
        met_up_to(10_000.0, |users| {
            let (whole, rest) = (users.floor(), users.fract());
            self.above_closed(whole as usize) * (1.0 - rest) + self.above_closed(whole as usize + 1) * rest
        })
    }

    /// Answers of one worker per second.
    fn service(&self) -> f64 {
        1e3 / self.mean_ms
    }

    /// The wait is zero, or with the probability of Erlang's C exponential; the service is exponential.
    fn above_open(&self, rate: f64) -> f64 {
        let (c, service, t) = (self.workers as f64, self.service(), self.bound_ms / 1e3);
        let load = rate / service;
        if load >= c {
            return 1.0;
        }
        let blocked = (1..=self.workers).fold(1.0, |b, n| load * b / (n as f64 + load * b));
        let waits = blocked / (1.0 - load / c * (1.0 - blocked));
        let spare = c * service - rate;
        let served = (-service * t).exp();
        let both = if (spare - service).abs() < 1e-9 * service {
            served * (1.0 + service * t)
        } else {
            (spare * served - service * (-spare * t).exp()) / (spare - service)
        };
        (1.0 - waits) * served + waits * both
    }

    /// Whoever comes waits until all but c of the others are served, each after 1/(cμ) on average (Erlang),
    /// and is then served itself.
    fn above_closed(&self, users: usize) -> f64 {
        const STEPS: usize = 4_000;
        let (service, t) = (self.service(), self.bound_ms / 1e3);
        let before = users.saturating_sub(self.workers);
        if before == 0 {
            return (-service * t).exp();
        }
        let rate = self.workers as f64 * service;
        let ln_factorial: f64 = (1..before).map(|n| (n as f64).ln()).sum();
        let width = t / STEPS as f64;
        let (mut within, mut both) = (0.0, 0.0);
        for step in 0..STEPS {
            let x = (step as f64 + 0.5) * width;
            let ln = before as f64 * rate.ln() + (before - 1) as f64 * x.ln() - rate * x - ln_factorial;
            let density = ln.exp() * width;
            within += density;
            both += density * (-service * (t - x)).exp();
        }
        (1.0 - within).max(0.0) + both
    }
}

/// The highest load up to `most` at which the share is not more than it may be.
fn met_up_to(most: f64, share: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, most);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if share(middle) <= SHARE { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_is_the_queue_of_every_textbook() {
        // M/M/1: responses are exponential with the rate μ − λ, so that ln 20 / t is to spare.
        let server = Server { workers: 1, mean_ms: 10.0, bound_ms: 100.0 };
        let expected = 100.0 - 20f64.ln() / 0.1;
        assert!((server.rate() - expected).abs() < 1e-6, "{} {expected}", server.rate());
    }

    #[test]
    fn users_that_never_wait_are_served_at_once() {
        let server = Server { workers: 4, mean_ms: 10.0, bound_ms: 60.0 };
        assert!((server.above_closed(4) - (-6f64).exp()).abs() < 1e-12);
        // Six users in front of four workers: two waits for one of four, and a service. In closed form:
        // (4/3)² e^(−6), and terms with e^(−24).
        let share = server.above_closed(6);
        let expected = (4f64 / 3.0).powi(2) * (-6f64).exp();
        assert!((share - expected).abs() < 1e-5, "{share}, expected {expected}");
    }
}
