//! The room's public edge: layers in, a plan or problems out.

mod chains;
mod goals;
mod nonsense;
mod resolve;
mod schedules;
mod segments;
mod support;
