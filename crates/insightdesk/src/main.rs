//! The `insightdesk` command: parse, run, report.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use insightdesk::cli::{Cli, RunError, run};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::builder().parse_lossy(&cli.log);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match run(cli, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Prints an error and its causes; when even that fails there is nobody left to tell.
fn report(error: &RunError) {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "insightdesk: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _ = write!(stderr, ": {error}");
        cause = error.source();
    }
    let _ = writeln!(stderr);
}
