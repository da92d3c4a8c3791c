//! Tests at the crate edge.
