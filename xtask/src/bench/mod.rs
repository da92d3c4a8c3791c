//! `cargo xtask bench`: what plimsoll costs and yields, beside the other generators of this machine.
//!
//! | module | measurement |
//! |---|---|
//! | [`throughput`] | requests per second of one core |
//! | [`memory`] | resident memory per sleeping virtual user |
//! | [`startup`] | time from process start to the first request |
//! | [`fairness`] | what an endless loop in one virtual user does to the others |
//! | [`pacing`] | whether a rate is reached, and how late its iterations start |
//! | [`stall`] | what a stall of the target does to response times, beside what the schedule says |
//! | [`growth`] | virtual users made on demand: how many, how fast, what was dropped until then |
//! | [`iterations`] | iterations per second of an empty function |
//! | [`json`] | parsing and reading JSON, beside Node.js |
//! | [`kills`] | what is left of runs that are killed |
//! | [`outputs`] | throughput while every sample is written to a file, and whether all are there |
//! | [`sockets`] | a crowd of idle WebSocket and Socket.IO connections: all there, and what each takes |
//! | [`data`] | memory of large files that all virtual users read |
//! | [`capacity`] | whether a search for capacity finds what is there |
//! | [`validity`] | whether the verdict on the measurement is right, run after run |
//! | [`steady`] | whether memory grows with the length of a run |
//! | [`urls`] | memory and totals with millions of distinct URLs |
//! | [`compare`] | whether equal runs are told from slower ones |
//! | [`desk`] | InsightDesk on PostgreSQL and Valkey: load, sockets, chaos |
//!
//! Each starts the [`target`], whose ledger is the independent truth, and [`generator`]s with the scripts of
//! `bench/scripts`. `bench/README.md` says how to read the figures.

mod arrivals;
mod capacity;
mod compare;
mod cores;
mod data;
mod desk;
mod fairness;
mod generator;
mod growth;
mod iterations;
mod json;
mod kills;
mod limiter;
mod memory;
mod outputs;
mod pacing;
mod side_by_side;
mod sockets;
mod stall;
mod startup;
mod statistics;
mod steady;
mod summary;
mod target;
mod throughput;
mod urls;
mod validity;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::build;
use crate::say::say;
use crate::workspace::Workspace;

/// What to measure.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Requests per second of one core with 50 virtual users, against every generator on PATH
    Throughput(throughput::Arguments),
    /// Resident memory per virtual user that holds one connection and sleeps
    Memory(memory::Arguments),
    /// Time from process start to the first request at the target
    Startup(startup::Arguments),
    /// Latency of well-behaved virtual users beside one in an endless loop
    Fairness(fairness::Arguments),
    /// Rate reached and lateness of iterations under constant arrival rates
    Pacing(pacing::Arguments),
    /// Response time from the intended start when the target stalls once
    Stall(stall::Arguments),
    /// Virtual users made on demand
    Growth(growth::Arguments),
    /// Iterations per second of an empty function
    Iterations(iterations::Arguments),
    /// Parsing and reading JSON, beside Node.js
    Json(json::Arguments),
    /// Runs killed at moments all over them: what their records lack
    Kills(kills::Arguments),
    /// Throughput while every sample is written to a file, beside none
    Outputs(outputs::Arguments),
    /// Ten thousand idle connections of WebSocket and Socket.IO: all connected, none lost, memory of each
    Sockets(sockets::Arguments),
    /// Memory of large files that all virtual users read
    Data(data::Arguments),
    /// Searches for capacity against servers whose capacity is known
    #[command(subcommand)]
    Capacity(capacity::Command),
    /// The verdict on the measurement: of generators that are held down, and of some left alone
    Validity(validity::Arguments),
    /// Memory of a long run at full speed
    Steady(steady::Arguments),
    /// Memory and totals with millions of distinct URLs
    Urls(urls::Arguments),
    /// Pairs of equal runs, and of a run and a slower one: what plimsoll compare says of them
    Compare(compare::Arguments),
    /// InsightDesk on PostgreSQL and Valkey, under load on the same cores
    #[command(subcommand)]
    Desk(desk::Command),
}

/// What all measurements have in common.
#[derive(clap::Args)]
pub(crate) struct Subject {
    /// Measure this plimsoll instead of building one
    #[arg(long, value_name = "PATH")]
    plimsoll: Option<PathBuf>,
}

/// Measures and prints.
pub(crate) async fn run(workspace: &Workspace, command: &Command) -> Result<ExitCode> {
    raise_file_limit()?;
    match command {
        Command::Throughput(arguments) => throughput::run(workspace, arguments).await?,
        Command::Memory(arguments) => memory::run(workspace, arguments).await?,
        Command::Startup(arguments) => startup::run(workspace, arguments).await?,
        Command::Fairness(arguments) => fairness::run(workspace, arguments).await?,
        Command::Pacing(arguments) => pacing::run(workspace, arguments).await?,
        Command::Stall(arguments) => stall::run(workspace, arguments).await?,
        Command::Growth(arguments) => growth::run(workspace, arguments).await?,
        Command::Iterations(arguments) => iterations::run(workspace, arguments).await?,
        Command::Json(arguments) => json::run(workspace, arguments).await?,
        Command::Kills(arguments) => kills::run(workspace, arguments).await?,
        Command::Outputs(arguments) => outputs::run(workspace, arguments).await?,
        Command::Sockets(arguments) => sockets::run(workspace, arguments).await?,
        Command::Data(arguments) => data::run(workspace, arguments).await?,
        Command::Capacity(command) => capacity::run(workspace, command).await?,
        Command::Validity(arguments) => validity::run(workspace, arguments).await?,
        Command::Steady(arguments) => steady::run(workspace, arguments).await?,
        Command::Urls(arguments) => urls::run(workspace, arguments).await?,
        Command::Compare(arguments) => compare::run(workspace, arguments).await?,
        Command::Desk(command) => desk::run(workspace, command).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The binaries that every measurement needs.
struct Programs {
    plimsoll: PathBuf,
    target: PathBuf,
}

impl Programs {
    async fn build(workspace: &Workspace, subject: &Subject) -> Result<Self> {
        if let Some(plimsoll) = &subject.plimsoll {
            let plimsoll = plimsoll.canonicalize().with_context(|| plimsoll.display().to_string())?;
            let [target] = build::release(workspace, ["bench-target"]).await?;
            return Ok(Self { plimsoll, target });
        }
        let [plimsoll, target] = build::release(workspace, ["plimsoll", "bench-target"]).await?;
        Ok(Self { plimsoll, target })
    }
}

/// A connection is a file on both ends, and shells hand out 1,024: children inherit what the system allows.
fn raise_file_limit() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("failed to raise the limit of open files")?;
    if let Some(files) = limit.maximum.filter(|&files| files < 20_000) {
        say!(progress "only {files} open files are allowed here: measurements with more connections fail");
    }
    Ok(())
}
