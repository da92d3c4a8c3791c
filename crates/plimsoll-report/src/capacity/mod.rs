//! How much load a service carries within its objectives: plateaus, the search, and the answer.
//!
//! Everything here is a pure function of what was seen: no clock, no I/O. So a search is tested against
//! targets that are simulated, hundreds of times in seconds.
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
//! | [`figures`], [`knees`] | what was measured on plateaus, and where curves bend |
//! | [`scaling`], [`bottleneck`] | a model of the service, and what gives way first |
//! | [`answer`] | what a search has found |
//! | [`record`] | `capacity.json` |
//! | [`mod@text`], [`gate`] | the answer for people, and a condition on it for pipelines |

pub mod answer;
pub mod bottleneck;
mod crossing;
pub mod figures;
pub mod gate;
pub mod knees;
pub mod moment;
pub mod objective;
pub mod plateau;
mod ratio;
pub mod record;
pub mod scaling;
pub mod search;
#[cfg(test)]
mod simulated;
mod strategy;
pub mod text;
pub mod transient;

pub use answer::{Answer, Capacity, Question, Recovery};
pub use bottleneck::{Bottleneck, Resource};
pub use crossing::Crossing;
pub use figures::Figures;
pub use gate::{Gate, Passage};
pub use moment::{Moment, Tally};
pub use objective::{Objective, ObjectiveError};
pub use plateau::{Collapse, Plateau, Purpose, Verdict};
pub use record::{Asked, Entry, Header, Record, RecordError};
pub use scaling::{Forecast, Scaling};
pub use search::{Bar, End, Limits, Model, Order, Search};
