//! What a run is going to do, decided before anything runs.
//!
//! Options arrive in layers (config file, script, environment, flags). [`resolve`] merges them into one
//! [`Plan`] or returns every [`Problem`] at once, each with the option's path, where it came from, its value
//! and what was expected. Everything here is pure: no clock, no file, no environment variable is read.
//!
//! | module | subject |
//! |---|---|
//! | [`duration`] | k6's duration notations |
//! | [`provenance`], [`problem`] | where a value came from; what is wrong with it |
//! | [`options`] | the table of all options, layers, merging, shorthands |
//! | [`scenario`] | the executors: validation, description, schedule |
//! | [`timeline`] | which VU is active when, exactly |
//! | [`arrivals`], `poisson` | when iterations are due, exactly; and at random |
//! | `chain` | scenarios that start after another one |
//! | [`vu_ids`] | which scenario gets which VUs |
//! | [`segment`], [`stripe`] | how a run is divided between instances |
//! | [`thresholds`], [`goals`] | thresholds and goals as configured, checked against the metrics of a run |
//! | [`plan`] | the resolved whole |
//! | [`steering`] | the same with one scenario that somebody drives |

pub mod arrivals;
mod chain;
pub mod duration;
pub mod goals;
mod nearest;
pub mod options;
pub mod plan;
mod poisson;
pub mod problem;
pub mod provenance;
pub mod scenario;
pub mod segment;
pub mod steering;
pub mod stripe;
pub mod thresholds;
pub mod timeline;
pub mod vu_ids;

pub use arrivals::{Arrivals, Due};
pub use goals::check_goals;
pub use options::{Options, OptionsLayer};
pub use plan::{Plan, resolve};
pub use problem::{Problem, Warning};
pub use provenance::{Origin, Source};
pub use scenario::{ExecutorConfig, IterationBudget, Scenario, Schedule};
pub use steering::Drive;
pub use thresholds::check_thresholds;
pub use timeline::{Activation, VuTimeline};
