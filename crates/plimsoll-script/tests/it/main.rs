//! Scripts through the crate's public edge: loaded, run as VUs by the real engine, against a real loopback
//! server.

mod cases;
mod compat;
mod life_cycle;
mod limits;
mod loading;
mod scheduling;
mod server;
mod socket_server;
mod sockets;
mod support;
mod typescript;
