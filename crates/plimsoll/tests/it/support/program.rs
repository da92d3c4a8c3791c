//! Starting the program, watching it, and what is left when it has ended.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::PATIENCE;

/// A folder with scripts, in which the program is run with an empty environment.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(TempDir::new().expect("a temporary folder"))
    }

    /// A folder with one script, `test.js`.
    pub(crate) fn with(script: &str) -> Self {
        let folder = Folder::new();
        folder.write("test.js", script);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("a writable file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a readable folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The program with arguments that are separated by blanks.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_plimsoll").into(), arguments)
    }

    /// The program under another name.
    pub(crate) fn command_of(&self, program: PathBuf, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(self.0.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs `plimsoll ARGUMENTS` to its end.
    pub(crate) async fn plimsoll(&self, arguments: &str) -> Finished {
        finish(self.command(arguments)).await
    }

    /// Runs `plimsoll run --quiet ARGUMENTS test.js` to its end.
    pub(crate) async fn run(&self, arguments: &str) -> Finished {
        self.plimsoll(&format!("run --quiet {arguments} test.js")).await
    }

    /// Starts `plimsoll run --quiet ARGUMENTS test.js`.
    pub(crate) fn start(self, arguments: &str) -> Running {
        Running::start(self.command(&format!("run --quiet {arguments} test.js")), self)
    }
}

/// Runs a script in an otherwise empty folder to its end.
pub(crate) async fn run(script: &str) -> Finished {
    Folder::with(script).run("").await
}

/// Runs a command to its end.
pub(crate) async fn finish(mut command: Command) -> Finished {
    let output =
        timeout(PATIENCE, command.output()).await.expect("an end in time").expect("the program runs");
    finished(output)
}

/// Runs a command to its end with something to read on standard input.
pub(crate) async fn finish_with_input(mut command: Command, input: &[u8]) -> Finished {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let end = async {
        // Whoever refuses to run need not read everything.
        let _ = stdin.write_all(input).await;
        drop(stdin);
        child.wait_with_output().await.expect("the program runs")
    };
    finished(timeout(PATIENCE, end).await.expect("an end in time"))
}

fn finished(output: std::process::Output) -> Finished {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// What is left of a program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// `None` when a signal killed it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "the exit code; {self}");
        self
    }

    /// Stderr contains all these texts.
    #[track_caller]
    pub(crate) fn says(self, expected: &[&str]) -> Self {
        for text in expected {
            assert!(self.stderr.contains(text), "stderr lacks {text:?}; {self}");
        }
        self
    }

    /// Stderr contains none of these texts.
    #[track_caller]
    pub(crate) fn says_nothing_of(self, unexpected: &[&str]) -> Self {
        for text in unexpected {
            assert!(!self.stderr.contains(text), "stderr has {text:?}; {self}");
        }
        self
    }

    /// Stdout contains all these texts.
    #[track_caller]
    pub(crate) fn shows(self, expected: &[&str]) -> Self {
        for text in expected {
            assert!(self.stdout.contains(text), "stdout lacks {text:?}; {self}");
        }
        self
    }

    /// Stdout is empty.
    #[track_caller]
    pub(crate) fn shows_nothing(self) -> Self {
        assert_eq!(self.stdout, "", "stdout; {self}");
        self
    }

    /// The value column of a summary row, blanks made single: `"12 0.5/s"`.
    #[track_caller]
    pub(crate) fn row(&self, name: &str) -> String {
        let is_row = |line: &&str| {
            line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ':']))
        };
        let line = self.stdout.lines().find(is_row).unwrap_or_else(|| panic!("no row {name}; {self}"));
        let (_, value) = line.split_once(": ").unwrap_or_else(|| panic!("no value in {line:?}"));
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first number of a summary row.
    #[track_caller]
    pub(crate) fn count(&self, name: &str) -> u64 {
        let row = self.row(name);
        let number = row.split(' ').next().and_then(|number| number.parse().ok());
        number.unwrap_or_else(|| panic!("no count in {row:?}; {self}"))
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// A program at work.
pub(crate) struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: Lines<BufReader<ChildStderr>>,
    seen: String,
    /// Stays as long as the program.
    folder: Folder,
}

impl Running {
    pub(crate) fn start(mut command: Command, folder: Folder) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut stdout = child.stdout.take().expect("piped");
        let stdout = tokio::spawn(async move {
            let mut text = String::new();
            stdout.read_to_string(&mut text).await.expect("text");
            text
        });
        let stderr = BufReader::new(child.stderr.take().expect("piped")).lines();
        Running { child, stdout, stderr, seen: String::new(), folder }
    }

    /// Waits until stderr has a line with this text.
    pub(crate) async fn says(&mut self, text: &str) {
        loop {
            let line = timeout(PATIENCE, self.stderr.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("no {text:?} in time, but {}", self.seen));
            let line = line.expect("text").unwrap_or_else(|| panic!("ended without {text:?}: {}", self.seen));
            self.seen.push_str(&line);
            self.seen.push('\n');
            if line.contains(text) {
                return;
            }
        }
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process().to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &process]).status();
        assert!(status.expect("kill runs").success());
    }

    /// The process's number.
    pub(crate) fn process(&self) -> u32 {
        self.child.id().expect("still running")
    }

    /// The most memory that the process uses until it ends, in megabytes; 0 where the system does not tell.
    pub(crate) fn peak_memory_mb(&self) -> JoinHandle<u64> {
        let status = format!("/proc/{}/status", self.process());
        tokio::spawn(async move {
            let mut most = 0;
            while let Ok(text) = std::fs::read_to_string(&status) {
                let peak =
                    text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
                let Some(peak) = peak.and_then(|peak| peak.parse::<u64>().ok()) else { break };
                most = peak / 1024;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            most
        })
    }

    pub(crate) async fn finish(self) -> Finished {
        self.finish_and_leave().await.0
    }

    /// The same, with the folder as the program left it.
    pub(crate) async fn finish_and_leave(mut self) -> (Finished, Folder) {
        let end = async {
            while let Some(line) = self.stderr.next_line().await.expect("text") {
                self.seen.push_str(&line);
                self.seen.push('\n');
            }
            let stdout = (&mut self.stdout).await.expect("stdout is read");
            let status = self.child.wait().await.expect("a status");
            Finished { code: status.code(), stdout, stderr: std::mem::take(&mut self.seen) }
        };
        let finished = timeout(PATIENCE, end).await.expect("an end in time");
        (finished, self.folder)
    }
}

/// A folder of the repository.
pub(crate) fn repository(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}
