//! Builds release binaries and says where cargo put them.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::Message;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

/// Builds the binaries of these packages (each has one of its own name) and returns their paths in the same
/// order.
pub(crate) async fn release<const N: usize>(
    workspace: &Workspace,
    packages: [&str; N],
) -> Result<[PathBuf; N]> {
    let mut command = workspace.cargo();
    command.args(["build", "--release", "--bins", "--message-format=json-render-diagnostics"]);
    packages.iter().for_each(|package| {
        command.args(["--package", package]);
    });
    say!(progress "$ cargo build --release --package {}", packages.join(" --package "));
    let mut cargo = Running::spawn("cargo build", command.stdout(Stdio::piped()))?;
    let mut lines = BufReader::new(cargo.take_stdout().context("stdout is piped")?).lines();
    let mut built = [const { None }; N];
    while let Some(line) = lines.next_line().await.context("cargo build")? {
        if let Some((name, path)) = executable(&line)
            && let Some(index) = packages.iter().position(|package| *package == name)
        {
            built[index] = Some(path);
        }
    }
    let status = cargo.wait().await?;
    ensure!(status.success(), "cargo build failed ({status})");
    for (package, path) in packages.iter().zip(&built) {
        ensure!(path.is_some(), "package `{package}` has no binary `{package}`");
    }
    Ok(built.map(Option::unwrap_or_default))
}

/// The binary that was named, or else a release build of the package.
pub(crate) async fn given_or_release(
    workspace: &Workspace,
    package: &str,
    given: Option<&PathBuf>,
) -> Result<PathBuf> {
    if let Some(program) = given {
        return program.canonicalize().with_context(|| program.display().to_string());
    }
    let [built] = release(workspace, [package]).await?;
    Ok(built)
}

/// The name and the path of a binary, if that is what cargo's message announces.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message = Message::parse_stream(line.as_bytes()).next()?.ok()?;
    let Message::CompilerArtifact(artifact) = message else { return None };
    Some((artifact.target.name, artifact.executable?.into()))
}
