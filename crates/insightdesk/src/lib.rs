//! InsightDesk: a multi-tenant support desk that serves as the system under test.
//!
//! Small but real, so that what a load test measures about it can be believed: REST over HTTP/1.1, argon2id
//! logins, signed tokens, tenants, full-text search, Socket.IO; embedded or on PostgreSQL and Valkey. As a
//! measuring instrument it also keeps a ledger of every request and misbehaves on demand.
//!
//! It shares no code with the load tester, so the two cannot share a bug.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`], `cli` | what can be set, and how |
//! | `server` | starting, accepting connections, stopping: [`spawn`] |
//! | `api` | the route table, the handlers, the edge around them |
//! | `auth` | passwords, tokens, sessions |
//! | [`model`], [`clock`] | tickets, users, articles, and time |
//! | `realtime` | sockets that hear what happens |
//! | [`storage`], [`bus`], [`cache`] | the seams to databases and between instances |
//! | [`valkey`] | bus and cache for several instances |
//! | `seed` | what a fresh desk starts with |
//! | `ledger`, `fault` | the measuring instrument |
//! | `occupancy`, `process` | what is in use, for `/metrics` |
//!
//! ```
//! # async fn demo() -> Result<(), insightdesk::StartError> {
//! let desk = insightdesk::spawn(insightdesk::Config::default()).await?;
//! println!("listening on {}", desk.url());
//! desk.shutdown().await;
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod config;

mod api;
mod realtime;
mod server;

mod auth;
mod fault;
mod ledger;
mod occupancy;
mod process;
mod seed;

pub mod bus;
pub mod cache;
pub mod storage;
pub mod valkey;

pub mod clock;
pub mod model;

pub use config::{Config, RateLimit};
pub use server::{Running, StartError, spawn};
