//! The record of a run: a small file that is written from second to second, and says afterwards what the run
//! was.
//!
//! Bytes in, bytes out: files and clocks are the command's business. A record is a [`Header`], then one frame
//! for each [`Second`] with what every series has gained in it, then the [`End`]. Each frame has its length
//! and a checksum, so that a file that was cut off ends with its last whole second ([`Record::cut`]).
//!
//! | module | subject |
//! |---|---|
//! | `follow` | from a run under way to its seconds: [`Follower`] |
//! | `header` | what is known from the start, and in the end: [`Header`], [`End`] |
//! | `second`, `sinks`, `bytes` | a second as bytes, compactly |
//! | `frame` | length, checksum, the torn end |
//! | `write`, `read` | [`Writer`] makes frames; [`Record`] reads them |
//! | `instances` | whether records are those of instances of one test |
//! | `merge` | such records as one |
//! | `replay` | from a record to [`Summary`](crate::Summary) and [`Timeline`](crate::Timeline) of its run |
//!
//! # Reading
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use plimsoll_metrics::builtin;
//! use plimsoll_report::record::Record;
//!
//! let record = Record::read(std::fs::read("checkout.plimsoll")?)?;
//! for second in record.seconds().filter(|second| !second.warming_up) {
//!     let requests = second.part.total(builtin::HTTP_REQ_DURATION);
//!     println!("{:?}: {} VUs, {:?}", second.at, second.vus, requests.map(|sink| sink.count()));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Invariant:** what a run has measured and what its record holds are the same samples: merging the parts
//! of all seconds gives the run's aggregate, series by series, to within the rounding of sums.

mod bytes;
mod follow;
mod frame;
mod header;
mod instances;
mod merge;
mod read;
mod replay;
mod second;
mod sinks;
mod write;

pub use self::follow::{Counts, Follower, Reading};
pub use self::frame::MAGIC;
pub use self::header::{Bound, End, GoalLine, Header, Machine, MetricLine, Place, RuleLine, ThresholdLine};
pub use self::instances::MergeError;
pub use self::read::{Cut, Record, RecordError, Seconds};
pub use self::replay::Replay;
pub use self::second::{ScenarioState, Second};
pub use self::write::Writer;

/// Files of this version are written; a reader refuses newer ones. Those of version 1 do not say in which
/// seconds scenarios ran: all from the start of the first scenario on are taken for such.
pub const VERSION: u16 = 2;
