//! Streaming outputs: raw samples on their way out of a run.
//!
//! ```text
//!  worker threads                     one thread per output
//!  Shard::take_raw ─► Sender::send ─► queue, bounded in samples ─► Output::write ─► file, pipe, …
//!                     never waits     full: the batch is dropped
//!                                     and its samples are counted
//! ```
//!
//! Modules, in reading order:
//!
//! - [`output`]: the trait that every output implements, and what an output is told of the run.
//! - [`spec`]: `--out` on the command line: which output, with which argument.
//! - [`manager`]: threads, queues, losses.
//! - [`json`]: k6's JSON lines.
//!
//! **Invariants:** a slow or dead sink never makes a VU wait; every sample that an output did not write is
//! counted and reported; encoding is separate from writing.

mod error;
pub mod json;
pub mod manager;
pub mod output;
pub mod spec;

pub use error::{OutputError, SpecError};
pub use manager::{Manager, OutputReport, Sender};
pub use output::{Output, RunEnd, RunStart, Step};
pub use spec::OutputSpec;
