//! The crate from outside: recording in shards, reading from an aggregate, judging thresholds.

mod recording;
mod support;
mod thresholds;
