//! How sure a number is that was measured for some seconds: intervals, differences.
//!
//! Requests of one run are not independent: a slow second makes thousands of slow requests. What is resampled
//! is therefore never the request but the *second* (any part of a run of even length), in blocks that are as
//! long as its neighbours resemble it.
//!
//! ```text
//! parts of a run ─► Row ─► interval(row, statistic, …)  ─► Estimate     how much is it, from where to where
//! two rows       ─► difference(base, candidate, …)       ─► Difference   how much more, and how surely
//! many of those  ─► holm(p-values)                        ─► p-values     as if there had been one question
//! ```
//!
//! - [`row`]: a metric's parts, packed so that a resample of any of them costs little.
//! - [`blocks`]: how long a block is, and resamples.
//! - [`interval`](mod@interval): estimates with intervals.
//! - [`difference`](mod@difference): two sides, of one run or several.
//! - [`holm`](mod@holm): the price of many questions.
//! - [`transient`]: which first parts do not belong to the rest.
//! - [`student`]: Student's t and the normal distribution. [`dice`]: random numbers with a seed.
//!
//! How well the intervals keep what they promise is measured by simulation, and the figures are in the
//! guide's page on comparing runs: `cargo bench -p plimsoll-report --bench statistics`.
//!
//! Everything is a pure function of its input, the seed included: the same runs give the same answer.

pub mod blocks;
pub mod dice;
pub mod difference;
pub mod holm;
pub mod interval;
pub mod row;
pub mod student;
pub mod transient;

pub use difference::{Difference, Noise, Scale, difference};
pub use holm::holm;
pub use interval::{Estimate, Refusal, Resampling, interval};
pub use row::{Row, Statistic};
