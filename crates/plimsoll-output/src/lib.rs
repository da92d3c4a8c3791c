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
//! - [`spec`]: `--out` on the command line: which output, with which argument; [`settings`]: the variables.
//! - [`manager`]: threads, queues, losses.
//! - `push`: what outputs that push to servers have in common: [`influxdb`], which
//!   takes samples; `cumulative`: what they add up to, for [`prometheus`] and
//!   [`otlp`].
//! - [`statsd`]: a packet of UDP now and then.
//! - [`file`](mod@file): outputs that write a line for each sample: [`json`], [`csv`].
//!
//! **Invariants:** a slow or dead sink never makes a VU wait; every sample that an output did not write is
//! counted and reported; encoding is separate from writing.

pub mod csv;
mod cumulative;
mod error;
pub mod file;
pub mod influxdb;
pub mod json;
pub mod manager;
pub mod otlp;
pub mod output;
pub mod prometheus;
mod push;
pub mod settings;
pub mod spec;
pub mod statsd;
mod time;

pub use error::{OutputError, PushError, SpecError};
pub use manager::{Event, Manager, OutputReport, Sender};
pub use output::{News, Outlook, Output, RunEnd, RunStart, Setbacks, Step};
pub use spec::OutputSpec;
