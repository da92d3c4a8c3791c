//! How much load a service carries within its objectives: plateaus, the search, and the answer.
//!
//! Everything here is a pure function of what was seen: no clock, no I/O. So a search is tested against targets
//! that are simulated, hundreds of times in seconds.
//!
//! | module | subject |
//! |---|---|
//! | [`objective`] | conditions as ratios of sums |
//! | [`moment`] | what is seen in a quarter of a second |
//! | `ratio`, [`transient`] | how sure a ratio is; what of a plateau does not count |
//! | [`plateau`] | one load, until it is decided |
//! | `crossing` | the load at which an objective is just met |
//! | `strategy` | what to do next, from the plateaus so far |
//! | [`search`] | all of it as a machine: start here |

mod crossing;
pub mod moment;
pub mod objective;
pub mod plateau;
mod ratio;
pub mod search;
mod strategy;
#[cfg(test)]
mod simulated;
pub mod transient;

pub use crossing::Crossing;
pub use moment::{Moment, Tally};
pub use objective::{Objective, ObjectiveError};
pub use plateau::{Plateau, Purpose, Verdict};
pub use search::{End, Limits, Model, Order, Search};
