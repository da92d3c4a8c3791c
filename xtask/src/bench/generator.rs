//! The load generators: plimsoll, and every peer found on PATH. How to start each, and where its figure
//! stands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::cores::pinned;
use crate::process::Running;
use crate::workspace::Workspace;

/// How much longer than asked for a generator may take: starting, stopping, summing up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A generator of this machine.
#[derive(Debug)]
pub(crate) struct Generator {
    pub(crate) name: &'static str,
    program: PathBuf,
    kind: Kind,
}

/// How a generator is told what to do, and how it tells what it did.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Runs our scripts and prints k6's summary.
    Script,
    Wrk,
    Oha,
    Hey,
    Ab,
    H2load,
}

/// Other people's generators, fast ones first.
const PEERS: [(&str, Kind); 6] = [
    ("wrk", Kind::Wrk),
    ("h2load", Kind::H2load),
    ("oha", Kind::Oha),
    ("ab", Kind::Ab),
    ("hey", Kind::Hey),
    ("k6", Kind::Script),
];

/// What each generator is asked to do.
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    /// For those that run scripts.
    pub(crate) script: PathBuf,
}

impl Generator {
    /// plimsoll and the peers that are installed.
    pub(crate) fn all(plimsoll: &Path) -> Vec<Self> {
        let mut generators = vec![Self::plimsoll(plimsoll)];
        generators.extend(PEERS.into_iter().filter_map(|(name, kind)| {
            let program = find_program(name)?;
            Some(Self { name, program, kind })
        }));
        generators
    }

    /// Those of [`Self::all`] that run our scripts.
    pub(crate) fn scriptable(plimsoll: &Path) -> Vec<Self> {
        Self::all(plimsoll).into_iter().filter(|generator| matches!(generator.kind, Kind::Script)).collect()
    }

    /// plimsoll alone.
    pub(crate) fn plimsoll(program: &Path) -> Self {
        Self { name: "plimsoll", program: program.to_owned(), kind: Kind::Script }
    }

    /// Whether it is somebody else's.
    pub(crate) fn is_peer(&self) -> bool {
        self.name != "plimsoll"
    }

    /// Applies the load from one core and returns the requests per second that the generator claims.
    pub(crate) async fn apply(&self, load: &Load, core: usize) -> Result<f64> {
        let mut command = Command::new(&self.program);
        command.args(self.kind.arguments(load)).env("TARGET_URL", &load.url);
        // Go counts the cores of the machine, not those it may use.
        command.env("GOMAXPROCS", "1");
        let deadline = Duration::from_secs(load.seconds.into()) + PATIENCE;
        let output = self.run(&mut command, Some(core), deadline).await?;
        self.kind
            .requests_per_second(&output)
            .with_context(|| format!("{} prints no figure:\n{output}", self.name))
    }

    /// A command that runs one of the scripts of `bench/scripts`.
    pub(crate) fn script(&self, script: &Path, target_url: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["run", "--quiet"]).arg(script).env("TARGET_URL", target_url);
        command
    }

    /// Runs a command of this generator to its end and returns what it printed to stdout.
    pub(crate) async fn run(
        &self,
        command: &mut Command,
        core: Option<usize>,
        limit: Duration,
    ) -> Result<String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = match core {
            Some(core) => pinned(core, || Running::spawn(self.name, command))?,
            None => Running::spawn(self.name, command)?,
        };
        let captured = tokio::time::timeout(limit, running.capture()).await;
        let captured = captured.with_context(|| format!("{} did not end within {limit:?}", self.name))??;
        let status = captured.status;
        ensure!(status.success(), "{} failed ({status}):\n{}{}", self.name, captured.stdout, captured.stderr);
        Ok(captured.stdout)
    }
}

impl Kind {
    fn arguments(self, load: &Load) -> Vec<String> {
        let Load { url, connections, seconds, script } = load;
        let line = match self {
            Self::Script => {
                format!("run --quiet --vus {connections} --duration {seconds}s {}", script.display())
            }
            Self::Wrk => format!("-t1 -c{connections} -d{seconds}s {url}"),
            Self::Oha => format!("--no-tui -c {connections} -z {seconds}s {url}"),
            Self::Hey => format!("-cpus 1 -c {connections} -z {seconds}s {url}"),
            // The time limit implies a limit of 50,000 requests, unless the latter comes after it.
            Self::Ab => format!("-q -k -c {connections} -t {seconds} -n 1000000000 {url}"),
            Self::H2load => format!("--h1 -t1 -c{connections} -D {seconds} {url}"),
        };
        line.split(' ').map(str::to_owned).collect()
    }

    fn requests_per_second(self, output: &str) -> Option<f64> {
        let number_after = |label: &str| {
            let rest = output.lines().find_map(|line| line.trim_start().strip_prefix(label))?;
            rest.split_whitespace().next()?.parse().ok()
        };
        match self {
            Self::Wrk | Self::Oha | Self::Hey => number_after("Requests/sec:"),
            Self::Ab => number_after("Requests per second:"),
            Self::Script => {
                let line = output.lines().find(|line| line.trim_start().starts_with("http_reqs"))?;
                line.split_whitespace().find_map(|word| word.strip_suffix("/s"))?.parse().ok()
            }
            Self::H2load => {
                let line = output.lines().find(|line| line.starts_with("finished in"))?;
                line.split(", ").find_map(|part| part.strip_suffix(" req/s"))?.parse().ok()
            }
        }
    }
}

/// Where a script of `bench/scripts` lies.
pub(crate) fn script(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.root().join("bench/scripts").join(name)
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_has_its_figure_somewhere_else() {
        let cases = [
            (
                Kind::Wrk,
                "  12 requests in 1.00s, 1MB read\nRequests/sec: 208135.41\nTransfer/sec: 30MB\n",
                208_135.41,
            ),
            (Kind::Oha, "Summary:\n  Success rate:\t100.00%\n  Requests/sec:\t144512.0523\n", 144_512.052_3),
            (Kind::Hey, "\nSummary:\n  Total:\t3.0 secs\n  Requests/sec:\t31234.5\n", 31_234.5),
            (Kind::Ab, "Complete requests: 5\nRequests per second:    20417.31 [#/sec] (mean)\n", 20_417.31),
            (Kind::H2load, "\nfinished in 3.00s, 98765.40 req/s, 12.3MB/s\nrequests: 9 total\n", 98_765.4),
            (
                Kind::Script,
                "    http_req_duration..: avg=1ms\n    http_reqs..........: 42000  13996.25/s\n",
                13_996.25,
            ),
        ];
        for (kind, output, figure) in cases {
            assert_eq!(kind.requests_per_second(output), Some(figure), "{kind:?}");
            assert_eq!(kind.requests_per_second("Segmentation fault\n"), None, "{kind:?}");
        }
    }

    #[test]
    fn peers_that_are_not_installed_are_left_out() {
        assert!(find_program("sh").is_some_and(|program| program.ends_with("sh")));
        assert_eq!(find_program("no-such-generator"), None);
    }
}
