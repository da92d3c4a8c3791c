//! `bench desk`: InsightDesk as it is meant to run, on PostgreSQL and Valkey, and the generator on the same
//! cores.
//!
//! | module | measurement |
//! |---|---|
//! | [`load`] | the load scenario of `load-tests`: goals, and every request found in the desk's ledger |
//! | [`sockets`] | a crowd of Socket.IO clients that hears announcements: all of them, and how late |
//! | [`chaos`] | what clients notice when stores go away and faults are injected, and what is lost |
//! | [`subject`] | the desk in front of its stores |
//! | [`exported`] | the generator's own figures |

mod chaos;
mod exported;
mod load;
mod sockets;
mod subject;

use anyhow::Result;

use crate::workspace::Workspace;

/// What to measure about InsightDesk.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// The load scenario against its goals, reconciled with the desk's ledger to the last request
    Load(load::Arguments),
    /// A crowd of Socket.IO connections that hears announcements
    Sockets(sockets::Arguments),
    /// PostgreSQL stopped and frozen, Valkey killed, latency and resets injected while tickets are created
    Chaos(chaos::Arguments),
}

/// Measures and prints.
pub(super) async fn run(workspace: &Workspace, command: &Command) -> Result<()> {
    match command {
        Command::Load(arguments) => load::run(workspace, arguments).await,
        Command::Sockets(arguments) => sockets::run(workspace, arguments).await,
        Command::Chaos(arguments) => chaos::run(workspace, arguments).await,
    }
}
