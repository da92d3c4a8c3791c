//! How throughput grows with concurrency: the Universal Scalability Law over plateaus, and what follows of
//! it.
//!
//! ```text
//!                    λ·N                 λ  throughput of one request at a time
//! X(N) = ─────────────────────────────   α  contention: the share of the work that waits in a line
//!         1 + α·(N−1) + β·N·(N−1)        β  coherency: what each one costs every other
//! ```
//!
//! Gunther, *Guerrilla Capacity Planning* (2007). Throughput peaks at N* = √((1−α)/β) and falls beyond it.
//! For plateaus of an arrival rate, N is what Little's law says: throughput times mean latency.
//!
//! A model is worth more than a picture only if it can be wrong. [`fit`](fit()) therefore [refuses](Refusal)
//! whatever does not look like the law, with the reason, and a [`forecast`](Model::forecast_of) exists for an
//! accepted [`Model`] only.
//!
//! - `law`: the law, and its best fit. `doubts`: what speaks against it.
//! - [`model`]: the fit with intervals, accepted or refused: start here. [`forecast`]: instances for a rate.

mod doubts;
pub mod forecast;
mod law;
pub mod model;

#[cfg(test)]
pub(crate) use self::forecast::tests::fitted;
pub use forecast::{Forecast, ForecastError};
pub use law::Law;
pub use model::{Model, Peak, Range, Refusal, fit};

/// What was seen at one load, after its transient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// Requests (or iterations) under way at a time, on average.
    pub concurrency: f64,
    /// How many ended per second.
    pub throughput: f64,
    /// How long one took on average, in seconds.
    pub latency: f64,
}

impl Plateau {
    /// By how much concurrency differs from what Little's law makes of the other two, as a share.
    ///
    /// In a steady state it cannot: if it does, the plateau was not steady, or latency misses a part of what
    /// keeps a request under way.
    #[must_use]
    pub fn off_littles_law(&self) -> f64 {
        (self.throughput * self.latency / self.concurrency - 1.0).abs()
    }

    fn is_usable(&self) -> bool {
        [self.concurrency, self.throughput, self.latency].iter().all(|x| x.is_finite() && *x > 0.0)
    }
}
