//! `bench data`: what a large file costs when all virtual users read it.
//!
//! Each size runs without and with the data; the difference is the data's. `Pss` divides shared pages among
//! the mappings that share them, so that a page counts once however many users have touched it.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};
use rustix::process::Signal;

use super::cores::Cores;
use super::generator::{Generator, script};
use super::memory::{Memory, SETTLING, wait_until_all_sleep};
use super::statistics::Thousands;
use super::target::Target;
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Numbers of virtual users to measure at
    #[arg(long, value_delimiter = ',', default_values_t = [1, 500])]
    vus: Vec<u32>,
    /// Size of the JSON file
    #[arg(long, default_value_t = 100, value_name = "MB")]
    json: u64,
    /// Size of the binary file
    #[arg(long, default_value_t = 50, value_name = "MB")]
    binary: u64,
}

/// How users hold the data; the words of `shared_data.js`.
struct Holding {
    kind: &'static str,
    title: &'static str,
    file: PathBuf,
    megabytes: u64,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let json = folder.path().join("rows.json");
    let binary = folder.path().join("blob.bin");
    write_rows(&json, arguments.json * 1_000_000).context("failed to write the rows")?;
    write_bytes(&binary, arguments.binary * 1_000_000).context("failed to write the bytes")?;
    let holdings = [
        Holding { kind: "array", title: "SharedArray", file: json, megabytes: arguments.json },
        Holding { kind: "binary", title: "open(…, 'b')", file: binary, megabytes: arguments.binary },
    ];
    for &vus in &arguments.vus {
        let without = measure(workspace, &programs, "none", Path::new(""), vus).await?;
        say!("\n{vus} virtual users: {} KB without data", Thousands(without.proportional_kb as f64));
        for holding in &holdings {
            let with = measure(workspace, &programs, holding.kind, &holding.file, vus).await?;
            print(holding, without, with);
        }
    }
    Ok(())
}

fn print(holding: &Holding, without: Memory, with: Memory) {
    let more = with.proportional_kb.saturating_sub(without.proportional_kb) as f64;
    let ratio = more * 1024.0 / (holding.megabytes as f64 * 1e6);
    let Holding { title, megabytes, .. } = holding;
    say!("{title:<14} {megabytes} MB: {:>10} KB more, {ratio:.2} x the file", Thousands(more));
}

async fn measure(
    workspace: &Workspace,
    programs: &Programs,
    kind: &str,
    file: &Path,
    vus: u32,
) -> Result<Memory> {
    say!(progress "{kind}: {vus} virtual users");
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    let generator = Generator::plimsoll(&programs.plimsoll);
    let mut command = generator.script(&script(workspace, "shared_data.js"), &target.url());
    command.env("VUS", vus.to_string()).env("KIND", kind).env("DATA", file);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut running = Running::spawn(generator.name, &mut command)?;
    wait_until_all_sleep(&mut running, &target, vus).await?;
    tokio::time::sleep(SETTLING).await;
    let memory = Memory::of(running.pid().context("it has ended")?)?;
    running.stop(Signal::INT).await?;
    target.stop().await?;
    Ok(memory)
}

/// A JSON array of small objects.
fn write_rows(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let mut written = 0;
    for id in 0.. {
        let comma = if id == 0 { "[" } else { "," };
        let row = format!(
            "{comma}{{\"id\":{id},\"name\":\"customer number {id}\",\"email\":\"user{id}@example.com\"}}\n"
        );
        file.write_all(row.as_bytes())?;
        written += row.len() as u64;
        if written >= bytes {
            break;
        }
    }
    file.write_all(b"]")?;
    file.flush()
}

fn write_bytes(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for index in 0..bytes {
        file.write_all(&[(index % 251) as u8])?;
    }
    file.flush()
}
