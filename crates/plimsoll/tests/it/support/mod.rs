//! The program in a folder of its own, and servers for it to load.

pub(crate) mod broken;
pub(crate) mod database;
pub(crate) mod mariadb;
pub(crate) mod nginx;
pub(crate) mod postgres;
mod program;
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod secured;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod sockets;

use std::time::Duration;

pub(crate) use program::{Finished, Folder, Running, finish, finish_with_input, repository, run};

/// Nothing that a test waits for takes longer, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
