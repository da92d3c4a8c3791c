//! What a load test measures: metric definitions, tags, sinks, and the threshold language.
//!
//! This room is pure and synchronous: no I/O, no clock, no async. Everything else in plimsoll writes into it
//! or reads from it.
//!
//! The way of one value:
//!
//! ```text
//! Registry::declare("checkout_time", Trend, Time) ─► MetricId       once, in the script's init context
//! Shard::tag_set(&[(tag::METHOD, get), …])        ─► TagSetId       per request; a hash lookup when warm
//! Shard::series(metric, tags)                     ─► SeriesId       a short scan when warm
//! Shard::record(series, value, at)                               this worker's memory: no lock or allocation
//!        ⋮ once a second
//! Aggregate::absorb(&mut shard)                                     merges and clears what was touched
//!        ⋮
//! Aggregate::{total, select, series}                                ─► thresholds, summary, report
//! ```
//!
//! Modules, in reading order:
//!
//! - [`registry`]: metric definitions ([`Registry`], [`MetricId`]); [`builtin`]: the ones every run has.
//! - [`tags`]: interned keys and values on the write side, [`Tags`] on the read side; [`pins`]: the values
//!   that threshold selectors mention and that therefore must survive folding.
//! - [`sink`]: the state of one series: [`Counter`], [`Gauge`], [`Rate`], [`Trend`].
//! - [`shard`]: the write side, one per worker. [`raw`]: single samples for streaming outputs.
//! - [`aggregate`]: the read side; [`increments`]: what it has gained since a former look.
//! - [`threshold`]: the pass/fail language over an aggregate; [`goal`]: targets and critical levels in it.
//! - [`template`]: URL → endpoint name; [`nearest`]: "did you mean".
//!
//! **Invariant:** memory depends on the number of distinct series, which is capped, never on the length of
//! the run.

pub mod aggregate;
pub mod builtin;
mod error;
pub mod goal;
pub mod increments;
pub mod nearest;
pub mod pins;
pub mod raw;
mod redaction;
pub mod registry;
pub mod shard;
pub mod sink;
pub mod tags;
pub mod template;
pub mod threshold;
mod time;

pub use aggregate::{Aggregate, FoldCounts, SeriesView};
pub use error::{BindError, DeclareError, ExpressionError, SelectorError};
pub use goal::{Goal, GoalOutcome, GoalResult, Goals};
pub use increments::Increments;
pub use pins::Pins;
pub use raw::{Metadata, RawSample, SampleBatch, SampleContext};
pub use redaction::Redaction;
pub use registry::{Metric, MetricId, MetricKind, Registry, ValueKind};
pub use shard::{SeriesId, Shard, ShardConfig, TagSetId};
pub use sink::{Counter, Gauge, Rate, Sink, Trend, TrendParts};
pub use tags::{Symbol, TagFilter, TagKey, Tags, tag};
pub use threshold::{
    Aggregation, Expression, NoDataPolicy, Operator, Outcome, Rule, RuleReport, Selector, Threshold,
    ThresholdReport, ThresholdResult, ThresholdSpec, Thresholds,
};
pub use time::Timestamp;
