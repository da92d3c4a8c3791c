//! Options: the table, the layers, and how layers become resolved options and scenarios.
//!
//! Read a script's options with [`OptionsLayer::from_json`], the environment with [`OptionsLayer::from_env`];
//! flags fill a layer's fields directly. [`resolve`](crate::resolve) does the rest.

pub mod value;

pub mod goals;
pub mod keyword;
pub mod network;
pub mod reporting;
pub mod size;
pub mod tags;
pub mod workload;

mod consolidated;
mod layer;
mod merge;
mod shorthand;
mod table;

pub use consolidated::Provenance;
pub(crate) use consolidated::WrittenWorkload;
pub(crate) use merge::{Merged, merge};
pub(crate) use shorthand::{Workload, shorthand_key, workload_of};
pub use table::{OptionInfo, Options, OptionsLayer, Place, Support, TABLE};
