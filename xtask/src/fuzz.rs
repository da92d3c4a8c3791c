//! `cargo xtask fuzz`: the targets of `fuzz/`, for some seconds each.
//!
//! They are built by the compiler that everything is built by, with the coverage that libFuzzer needs;
//! `cargo fuzz`, on a nightly one, adds the address sanitizer. What was found interesting stays in
//! `fuzz/corpus`, what fails in `fuzz/artifacts`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::process::{self, run_visibly};
use crate::say::say;
use crate::workspace::Workspace;

/// What cargo-fuzz asks the compiler for, but for the sanitizer.
const FLAGS: &str = "--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module \
                     -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// More than any target needs; a bomb that goes off needs more.
const MEMORY_MB: u32 = 2048;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The targets; all of `fuzz/fuzz_targets` when none is named
    targets: Vec<String>,
    /// How long each of them runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

impl Arguments {
    /// All targets, briefly.
    pub(crate) fn brief() -> Self {
        Self { targets: Vec::new(), seconds: 5 }
    }
}

/// Runs them one after the other; fails at the first finding.
pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let folder = workspace.root().join("fuzz");
    let known = names(&folder.join("fuzz_targets"))?;
    if let Some(unknown) = arguments.targets.iter().find(|name| !known.contains(name)) {
        anyhow::bail!("no fuzz target `{unknown}`; there are {}", known.join(", "));
    }
    let programs = build(workspace, &folder).await?;
    let wanted = if arguments.targets.is_empty() { &known } else { &arguments.targets };
    for name in wanted {
        let own = |kind: &str| -> Result<PathBuf> {
            let path = folder.join(kind).join(name);
            std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
            Ok(path)
        };
        let (corpus, seeds, artifacts) = (own("corpus")?, folder.join("seeds").join(name), own("artifacts")?);
        let mut command = Command::new(programs.join(name));
        command.current_dir(&folder).args([
            format!("-max_total_time={}", arguments.seconds),
            format!("-rss_limit_mb={MEMORY_MB}"),
            format!("-artifact_prefix={}/", artifacts.display()),
            "-print_final_stats=1".to_owned(),
            "-verbosity=0".to_owned(),
        ]);
        command.arg(corpus);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        say!(progress "fuzzing {name} for {} s", arguments.seconds);
        let status = run_visibly(&mut command).await?;
        if !status.success() {
            say!(error "{name}: a finding; its input is in {}", artifacts.display());
            return Ok(process::exit_code_of(status));
        }
    }
    say!("{} targets, {} s each, no finding", wanted.len(), arguments.seconds);
    Ok(ExitCode::SUCCESS)
}

/// The names of the targets, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut names = entries
        .map(|entry| Ok(entry?.path().file_stem().unwrap_or_default().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Builds all of them and returns the folder that they are in.
async fn build(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let host = host().await?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.root().join("target"), PathBuf::from);
    let target = target.join("fuzz");
    let mut command = workspace.cargo();
    // With a target of its own, build scripts and macros are built without these flags.
    command.args(["build", "--release", "--bins", "--target", &host, "--manifest-path"]);
    command.arg(folder.join("Cargo.toml")).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target);
    let status = run_visibly(&mut command).await?;
    ensure!(status.success(), "the fuzz targets could not be built");
    Ok(target.join(host).join("release"))
}

/// The platform that the compiler builds for.
async fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().await.context("rustc -vV")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it builds for")?.to_owned())
}
