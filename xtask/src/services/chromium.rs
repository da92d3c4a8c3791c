//! Chromium, from the system's packages, in which the report and the dashboard are looked at.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::system;
use crate::say::say;

/// Finds Chromium, or installs it.
pub(super) async fn ensure() -> Result<()> {
    if let Some(found) = find() {
        say!(progress "chromium: {}", found.display());
        return Ok(());
    }
    if !system::is_root() {
        bail!("chromium is not here: install it");
    }
    system::install("chromium").await.context("install chromium")?;
    let installed = find().context("chromium was installed, and is not there")?;
    say!(progress "chromium: installed as {}", installed.display());
    Ok(())
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|program| program.is_file())
}
