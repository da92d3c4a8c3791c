//! What a script can reach on this machine at all: its ceiling, measured against a target that does nothing.
//!
//! `plimsoll calibrate` finds it ([`search`]), with every connection led to a [`null_target`] in a process of
//! its own, and leaves a [`Certificate`]. Later runs of the same script on the same machine find that, and
//! say how much of the ceiling they used.

mod certificate;
pub(crate) mod null_target;
mod search;

pub(crate) use self::certificate::{Ceiling, Certificate, Subject};
pub(crate) use self::search::{Calibration, Step};
