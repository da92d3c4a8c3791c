//! MariaDB, from the system's packages. The server alone: what Debian calls `mariadb-server` would start one.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::system;
use crate::say::say;

/// Where the program is when it is not on the `PATH` of an ordinary user; the tests look there too.
const SYSTEM: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// Finds MariaDB, or installs it.
pub(super) async fn ensure() -> Result<()> {
    if let Some(found) = find() {
        say!(progress "mariadb: {}", found.display());
        return Ok(());
    }
    if !system::is_root() {
        bail!("mariadbd is not here: install MariaDB's server (10.6 or later)");
    }
    system::install("mariadb-server-core").await.context("install MariaDB's server (10.6 or later)")?;
    let installed = find().context("MariaDB was installed, and is not there")?;
    say!(progress "mariadb: installed as {}", installed.display());
    Ok(())
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(SYSTEM.map(PathBuf::from));
    folders.map(|folder| folder.join("mariadbd")).find(|program| program.is_file())
}
