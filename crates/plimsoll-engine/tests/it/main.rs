//! Runs driven from the crate's edge, with closures as VUs: on paused time where one worker will do, on real
//! threads where it must be several.

mod arrivals;
mod chains;
mod control;
mod ending;
mod executors;
mod steering;
mod stopping;
mod support;
mod table;
mod warm_up;
mod windows;
mod workers;
