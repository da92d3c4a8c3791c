//! The load generators: plimsoll, and every peer found on PATH. How to start each, and where its figure
//! stands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::cores::pinned;
use super::workload::{DOCUMENT, Workload};
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
    pub(crate) workload: Workload,
    pub(crate) url: String,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    /// For those that run scripts.
    pub(crate) script: PathBuf,
    /// For those that read from files what they send.
    pub(crate) files: PathBuf,
}

impl Load {
    /// Writes what some generators want to read from files.
    pub(crate) fn write_files(folder: &Path) -> Result<()> {
        let lua = format!(
            "wrk.method = 'POST'\n\
             wrk.headers['Content-Type'] = 'application/json'\n\
             wrk.body = [[{DOCUMENT}]]\n"
        );
        std::fs::write(folder.join("body.json"), DOCUMENT)?;
        std::fs::write(folder.join("post.lua"), lua)?;
        Ok(())
    }
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

    /// Whether it can be made to put on such a load.
    pub(crate) fn can(&self, workload: Workload) -> bool {
        self.kind.can(workload)
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
        // Runs leave records behind by default, so that it is part of what is measured; nobody wants to keep
        // these.
        command.env("PLIMSOLL_RECORD", "/dev/null");
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
    /// Whether it can be made to do that at all.
    fn can(self, workload: Workload) -> bool {
        !workload.is_http2() || !matches!(self, Self::Wrk | Self::Ab)
    }

    fn arguments(self, load: &Load) -> Vec<String> {
        let Load { workload, url, connections, seconds, script, files } = load;
        let files = files.display();
        let or_nothing = |flags: String, when: bool| if when { flags } else { String::new() };
        let is_post = *workload == Workload::Post;
        let json = "application/json";
        let line = match self {
            Self::Script => {
                let trusting = or_nothing("--insecure-skip-tls-verify".into(), workload.is_secure());
                format!(
                    "run --quiet --vus {connections} --duration {seconds}s {trusting} {}",
                    script.display()
                )
            }
            Self::Wrk => {
                let post = or_nothing(format!("-s {files}/post.lua"), is_post);
                format!("-t1 -c{connections} -d{seconds}s {post} {url}")
            }
            Self::Oha => {
                let post = or_nothing(format!("-m POST -T {json} -D {files}/body.json"), is_post);
                let secure = or_nothing("--insecure".into(), workload.is_secure());
                let http2 = or_nothing("--http2".into(), workload.is_http2());
                format!("--no-tui -c {connections} -z {seconds}s {post} {secure} {http2} {url}")
            }
            Self::Hey => {
                let post = or_nothing(format!("-m POST -T {json} -D {files}/body.json"), is_post);
                let http2 = or_nothing("-h2".into(), workload.is_http2());
                format!("-cpus 1 -c {connections} -z {seconds}s {post} {http2} {url}")
            }
            Self::Ab => {
                // The time limit implies a limit of 50,000 requests, unless the latter comes after it.
                let post = or_nothing(format!("-T {json} -p {files}/body.json"), is_post);
                format!("-q -k -c {connections} -t {seconds} -n 1000000000 {post} {url}")
            }
            Self::H2load => {
                let post = or_nothing(format!("-H content-type:{json} -d {files}/body.json"), is_post);
                let http1 = or_nothing("--h1".into(), !workload.is_http2());
                format!("{http1} -t1 -m1 -c{connections} -D {seconds} {post} {url}")
            }
        };
        line.split_whitespace().map(str::to_owned).collect()
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
