//! The client against servers that are written down byte by byte.

#![expect(clippy::unwrap_used, reason = "test support is test code, too")]

mod bodies;
mod cut_off;
mod deadlines;
mod errors;
mod flow;
mod http2;
mod reuse;
mod support;
mod timings;
mod tls;
