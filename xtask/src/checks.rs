//! `cargo xtask test` and `cargo xtask ci`: the same commands here, on a desk and in CI.

use std::process::ExitCode;

use anyhow::Result;
use tokio::process::Command;
use tokio::time::Instant;

use crate::fuzz;
use crate::process;
use crate::say::say;
use crate::services;
use crate::tidy;
use crate::workspace::Workspace;

/// Runs `cargo test`, over the whole workspace unless the arguments name packages.
pub(crate) async fn test(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    if !names_packages(arguments) {
        services::ensure().await?;
    }
    let status = process::run_visibly(&mut test_command(workspace, arguments)).await?;
    Ok(process::exit_code_of(status))
}

fn test_command(workspace: &Workspace, arguments: &[String]) -> Command {
    let mut command = workspace.cargo();
    command.arg("test");
    if !names_packages(arguments) {
        command.arg("--workspace");
    }
    command.args(arguments);
    command
}

fn names_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

/// Runs every check, also after one has failed, so that one run shows all there is to mend.
pub(crate) async fn ci(workspace: &Workspace) -> Result<ExitCode> {
    let mut failed = Vec::new();
    for step in Step::ALL {
        let started = Instant::now();
        say!(progress "\n==> {}", step.name());
        if !step.run(workspace).await? {
            failed.push(step.name());
        }
        say!(progress "==> {}: {:.0} s", step.name(), started.elapsed().as_secs_f64());
    }
    if failed.is_empty() {
        say!(progress "\nall checks passed");
        return Ok(ExitCode::SUCCESS);
    }
    say!(error "failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// The checks of CI, the quick ones first.
#[derive(Clone, Copy)]
enum Step {
    Format,
    Tidy,
    Clippy,
    Documentation,
    Test,
    Fuzz,
}

impl Step {
    const ALL: [Self; 6] =
        [Self::Format, Self::Tidy, Self::Clippy, Self::Documentation, Self::Test, Self::Fuzz];

    fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Tidy => "tidy",
            Self::Clippy => "clippy",
            Self::Documentation => "documentation",
            Self::Test => "test",
            Self::Fuzz => "fuzz",
        }
    }

    async fn run(self, workspace: &Workspace) -> Result<bool> {
        let mut command = workspace.cargo();
        let command = match self {
            Self::Format => command.args(["fmt", "--all", "--check"]),
            Self::Tidy => return tidy::passes(workspace),
            Self::Clippy => command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
            Self::Documentation => command
                .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
                .env("RUSTDOCFLAGS", "-D warnings"),
            Self::Test => {
                services::ensure().await?;
                &mut test_command(workspace, &[])
            }
            Self::Fuzz => {
                let ended = fuzz::run(workspace, &fuzz::Arguments::brief()).await?;
                return Ok(ended == ExitCode::SUCCESS);
            }
        };
        Ok(process::run_visibly(command).await?.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_only_looked_for_before_the_double_dash() {
        let names = |line: &str| names_packages(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert!(names("-p plimsoll-net"));
        assert!(names("--package=plimsoll-net -- redirect"));
        assert!(!names("--release -- -p"));
    }
}
