//! nginx, from the system's packages. No registry has it as a program that could be put into a cache folder.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::system;
use crate::say::say;

/// Where the program is when it is not on the `PATH` of an ordinary user; the tests look there too.
const SYSTEM: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// Finds nginx, or installs it.
pub(super) async fn ensure() -> Result<()> {
    if let Some(found) = find() {
        say!(progress "nginx: {}", found.display());
        return Ok(());
    }
    if !system::is_root() {
        bail!("nginx is not here: install it (1.21 or later, with TLS and HTTP/2)");
    }
    system::install("nginx").await.context("install nginx (1.21 or later, with TLS and HTTP/2)")?;
    let installed = find().context("nginx was installed, and is not there")?;
    say!(progress "nginx: installed as {}", installed.display());
    Ok(())
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(SYSTEM.map(PathBuf::from));
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}
