//! `cargo xtask services`: the servers that tests talk to, made available on this machine.
//!
//! | server | for |
//! |---|---|
//! | [`valkey`] | `k6/experimental/redis`; bus and cache of InsightDesk |
//! | [`postgres`] | InsightDesk, `k6/x/sql` |
//! | [`mariadb`] | `k6/x/sql` |
//! | [`nginx`] | `k6/http` |
//! | [`databases`]: Prometheus, InfluxDB | outputs |
//! | [`chromium`], and `axe-core` of [`packages`] | the report and the dashboard |
//! | [`packages`]: `ws`, `socket.io`, `websockets` | everything with sockets |
//!
//! Tests and measurements start them themselves, each on a port and in a folder of its own, and fail with a
//! hint to this command when they find none. `--run` starts the two that InsightDesk can use, for whoever
//! wants to try by hand, and ends them with itself.

mod chromium;
mod databases;
mod mariadb;
mod nginx;
mod packages;
mod postgres;
mod system;
mod valkey;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::say::say;
use crate::stores::{Postgres, Valkey};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Start a PostgreSQL and a Valkey on free ports, with data in temporary folders, until Ctrl-C
    #[arg(long)]
    run: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    ensure().await?;
    if arguments.run {
        let (postgres, valkey) = (Postgres::start().await?, Valkey::start().await?);
        say!("export DATABASE_URL={}", postgres.url());
        say!("export VALKEY_URL={}", valkey.url());
        say!(progress "both run until Ctrl-C, and keep nothing");
        tokio::signal::ctrl_c().await.context("Ctrl-C")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Finds each server, or installs it.
pub(crate) async fn ensure() -> Result<()> {
    let cache = cache()?;
    valkey::ensure(&cache).await?;
    postgres::ensure(&cache).await?;
    mariadb::ensure().await?;
    nginx::ensure().await?;
    chromium::ensure().await?;
    databases::ensure().await?;
    packages::ensure(&cache).await
}

/// Where servers are put that come from a registry; the tests look there too.
fn cache() -> Result<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").filter(|name| !name.is_empty()).map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = named.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(folder.join("plimsoll/services"))
}

/// The folder of `initdb` and `postgres`.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    postgres::find(&cache()?).context("there is no PostgreSQL server here: run `cargo xtask services`")
}

/// `valkey-server`, or `redis-server`.
pub(crate) fn valkey_program() -> Result<PathBuf> {
    valkey::find(&cache()?).context("there is no Valkey here: run `cargo xtask services`")
}
