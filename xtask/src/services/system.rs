//! Packages of the system, which only root may install.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Result, ensure};
use tokio::process::Command;

use crate::process;

pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Installs a package with apt.
pub(super) async fn install(package: &str) -> Result<()> {
    for arguments in [&["update", "-qq"][..], &["install", "-y", "-qq", "--no-install-recommends", package]] {
        let mut apt = Command::new("apt-get");
        let status =
            process::run_visibly(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive")).await?;
        ensure!(status.success(), "apt-get {} failed", arguments[0]);
    }
    Ok(())
}
