//! Packages of npm and PyPI that tests run: servers of sockets, a client to be compared with, readers and
//! validators
//! of what runs leave behind, a collector of OpenTelemetry, and what judges the accessibility of pages.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::process;
use crate::say::say;

/// The official server and client of Socket.IO are of one version.
const NODE: [&str; 7] = [
    "ws@8.23.0",
    "socket.io@4.8.4",
    "socket.io-client@4.8.4",
    "axe-core@4.14.1",
    "ajv@8.20.0",
    "xmllint-wasm@5.3.0",
    "k6-html-reporter@1.0.5",
];
/// Those between the first and the last make the collector.
const PYTHON: [&str; 6] = [
    "websockets==17.4",
    "grpcio==1.85.3",
    "opentelemetry-proto==1.45.2",
    "protobuf==7.36.2",
    "typing-extensions==4.16.0",
    "junitparser==5.0.3",
];
/// Says what was installed. Written last, so that a folder without it is not complete.
const MARK: &str = "installed";

/// Installs what is not there yet. The folders are what the tests look for.
pub(super) async fn ensure(cache: &Path) -> Result<()> {
    let node = |folder: &Path| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
        npm.arg(folder).args(NODE);
        npm
    };
    install(&cache.join("node"), &NODE, node).await.context("Node.js and npm are needed")?;
    let python = |folder: &Path| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"]);
        pip.arg(folder).args(PYTHON);
        pip
    };
    install(&cache.join("python"), &PYTHON, python).await.context("Python and its pip are needed")
}

async fn install(folder: &Path, packages: &[&str], command: impl Fn(&Path) -> Command) -> Result<()> {
    let wanted = packages.join(" ");
    let mark = folder.join(MARK);
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        say!(progress "{wanted}: {}", folder.display());
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let status = process::run_visibly(&mut command(folder)).await?;
    ensure!(status.success(), "{wanted} could not be installed in {}", folder.display());
    fs::write(&mark, &wanted).with_context(|| mark.display().to_string())?;
    say!(progress "{wanted}: installed in {}", folder.display());
    Ok(())
}
