//! The crate from outside: recording in shards, reading from an aggregate, judging thresholds.

mod increments;
mod recording;
mod support;
mod thresholds;
mod windows;
