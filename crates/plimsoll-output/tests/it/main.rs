//! Outputs from outside: what arrives in files, and what happens when one is slow or fails.

mod csv;
mod influxdb;
mod json;
mod losses;
mod prometheus;
mod server;
mod statsd;
mod support;
