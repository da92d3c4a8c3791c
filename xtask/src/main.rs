//! Project automation: `cargo xtask <command>`.
//!
//! | module | command |
//! |---|---|
//! | [`tidy`] | `tidy`: what the compiler and clippy do not check |
//! | [`checks`] | `test` and `ci` |
//! | [`compat`] | `compat`: the tables of k6's symbols in the documentation |
//! | [`services`] | `services`: the servers that tests need |
//! | [`quickstart`] | `quickstart`: smoke test against InsightDesk, from nothing |
//! | [`conformance`] | `conformance`: published test data, run through the product |
//! | [`mod@schemathesis`] | `schemathesis`: InsightDesk held against its own description |
//! | [`mod@fuzz`] | `fuzz`: random input for every parser |
//! | [`mod@bench`] | `bench throughput`, `memory`, `startup`, `fairness`, `desk` … |
//!
//! Below them: [`workspace`] knows the repository, [`build`] makes release binaries, [`process`] runs
//! children and leaves none behind, [`local_server`] starts one of our servers, [`stores`] those that keep
//! its data, [`http`] asks one question, [`say!`] prints. Nothing here is part of the product.

mod bench;
mod build;
mod checks;
mod compat;
mod conformance;
mod fuzz;
mod http;
mod local_server;
mod process;
mod quickstart;
mod say;
mod schemathesis;
mod services;
mod stores;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::say::say;
use crate::workspace::Workspace;

/// Project automation.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
enum Command {
    /// Check crate edges, sizes, names, marks, links, licences and duplicate dependencies
    Tidy,
    /// Write the tables of docs/K6_COMPAT.md from the table of k6's symbols
    Compat,
    /// Run all tests of the workspace, documentation examples included
    Test {
        /// Passed on to `cargo test`, for example `-p plimsoll-net -- redirect`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        arguments: Vec<String>,
    },
    /// Make the servers available that tests talk to: PostgreSQL, Valkey, MariaDB, nginx, Prometheus,
    /// InfluxDB, Chromium, and packages of npm and PyPI
    Services(services::Arguments),
    /// Do what CI does: formatting, tidy, clippy, documentation, tests
    Ci,
    /// Build everything, start InsightDesk, run the smoke test against it and leave a report
    Quickstart(quickstart::Arguments),
    /// Run the published tests of HTML parsing; fetches them once
    Conformance,
    /// Hold InsightDesk against its OpenAPI document with schemathesis; fetches it once with pip
    Schemathesis(schemathesis::Arguments),
    /// Feed random input to every parser
    Fuzz(fuzz::Arguments),
    /// Measure plimsoll beside the other generators of this machine
    #[command(subcommand)]
    Bench(bench::Command),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Command::parse()).await {
        Ok(code) => code,
        Err(error) => {
            say!(error "{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::locate();
    // It passes interruptions on to the running test, which still has a summary to print.
    let is_interruptible = !matches!(command, Command::Quickstart(_));
    let work = async {
        match command {
            Command::Tidy => tidy::run(&workspace),
            Command::Compat => compat::run(&workspace),
            Command::Test { arguments } => checks::test(&workspace, &arguments).await,
            Command::Services(arguments) => services::run(&arguments).await,
            Command::Ci => checks::ci(&workspace).await,
            Command::Quickstart(arguments) => quickstart::run(&workspace, &arguments).await,
            Command::Conformance => conformance::run(&workspace).await,
            Command::Schemathesis(arguments) => schemathesis::run(&workspace, &arguments).await,
            Command::Fuzz(arguments) => fuzz::run(&workspace, &arguments).await,
            Command::Bench(command) => bench::run(&workspace, &command).await,
        }
    };
    if is_interruptible {
        // Dropping the work ends its children.
        process::unless_interrupted(work).await
    } else {
        work.await
    }
}
