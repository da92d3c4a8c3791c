//! Child processes that never outlive the work they were started for.
//!
//! Each child leads a process group of its own: an interruption reaches it only through us, and whatever it
//! started goes down with it. Dropping a [`Running`] that has not ended kills its group; a future that holds
//! children can therefore simply be dropped.

use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, WaitOptions};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout, Command};
use tokio::signal::unix::{self, SignalKind};

use crate::say::say;

/// How long a child that was told to stop may take before its group is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// A child process that has been started and not yet seen to end.
pub(crate) struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts a command; `name` is what messages call it.
    pub(crate) fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).spawn().with_context(|| format!("failed to start {name}"))?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// What messages call this child.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The process id, as long as the child has not been waited for.
    pub(crate) fn pid(&self) -> Option<Pid> {
        self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
    }

    /// The read end of the child's stdout, when it was piped; once.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Sends a signal to the child alone. A child that has just ended is left in peace.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Waits for the end.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().await.with_context(|| format!("failed to wait for {}", self.name))
    }

    /// Waits for the end and returns what was written to stdout and stderr, which must have been piped.
    pub(crate) async fn capture(mut self) -> Result<Captured> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let pipes = self.child.stdout.take().zip(self.child.stderr.take());
        let (mut from_stdout, mut from_stderr) = pipes.context("stdout and stderr are piped")?;
        let reading =
            tokio::try_join!(from_stdout.read_to_end(&mut stdout), from_stderr.read_to_end(&mut stderr));
        reading.with_context(|| format!("failed to read what {} prints", self.name))?;
        Ok(Captured {
            status: self.wait().await?,
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }

    /// The exit status, if the child has ended already.
    pub(crate) fn has_ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("failed to ask for the state of {}", self.name))
    }

    /// Asks the child to stop with `signal`, kills it when it takes too long, and waits for its end.
    pub(crate) async fn stop(mut self, signal: Signal) -> Result<ExitStatus> {
        self.signal(signal);
        if let Ok(ended) = tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await {
            return ended.with_context(|| format!("failed to wait for {}", self.name));
        }
        let seconds = STOP_TIMEOUT.as_secs();
        say!(progress "{} did not stop within {seconds} s of {}: killed", self.name, signal_name(signal));
        self.kill_group();
        self.wait().await
    }

    fn kill_group(&self) {
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            self.kill_group();
            // Killed processes end at once; waiting here leaves no zombie to whoever inherits it from us.
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
        }
    }
}

/// All that a child had to say.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Prints a command line and runs it to its end, its output going where ours goes.
pub(crate) async fn run_visibly(command: &mut Command) -> Result<ExitStatus> {
    let line = command_line(command);
    say!(progress "$ {line}");
    Running::spawn(&line, command)?.wait().await
}

/// A command as one would type it: the program's file name and its arguments.
fn command_line(command: &Command) -> String {
    let command = command.as_std();
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// SIGINT and SIGTERM, as they arrive at this process.
pub(crate) struct Interrupts {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Interrupts {
    /// From here on these signals no longer end this process by themselves.
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind| unix::signal(kind).context("failed to listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
        }
    }
}

/// Does the work, or drops it at the first signal and returns the exit code for that.
pub(crate) async fn unless_interrupted(work: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    tokio::select! {
        result = work => result,
        signal = interrupts.next() => Ok(exit_code_of_signal(signal)),
    }
}

/// The shell's convention: 128 plus the number of the signal.
pub(crate) fn exit_code_of_signal(signal: Signal) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal.as_raw()).unwrap_or(u8::MAX))
}

/// A child's end as our own exit code.
pub(crate) fn exit_code_of(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::INT => "SIGINT",
        Signal::TERM => "SIGTERM",
        _ => "the signal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alive(pid: Pid) -> bool {
        // A killed child of ours stays a zombie until tokio reaps it: that is not alive.
        std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()))
            .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
    }

    async fn is_gone_soon(pid: Pid) -> bool {
        for _ in 0..500 {
            if !is_alive(pid) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    #[tokio::test]
    async fn a_dropped_child_takes_its_own_children_along() {
        use tokio::io::{AsyncBufReadExt as _, BufReader};
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(std::process::Stdio::piped());
        let mut shell = Running::spawn("sh", &mut command).expect("sh starts");
        let shell_pid = shell.pid().expect("it runs");
        let mut lines = BufReader::new(shell.take_stdout().expect("piped")).lines();
        let grandchild = lines.next_line().await.expect("readable").expect("a line");
        let grandchild = Pid::from_raw(grandchild.parse().expect("a process id")).expect("not zero");
        assert!(is_alive(shell_pid) && is_alive(grandchild));
        drop(shell);
        assert!(is_gone_soon(shell_pid).await && is_gone_soon(grandchild).await);
    }

    #[tokio::test]
    async fn stopping_returns_the_status_of_a_child_that_ends_by_itself() {
        let mut command = Command::new("sh");
        // The loop makes the shell take the signal between short sleeps rather than after one long one.
        command.args(["-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"]);
        let mut child =
            Running::spawn("sh", command.stdout(std::process::Stdio::piped())).expect("sh starts");
        let mut ready = [0; 5];
        let mut stdout = child.take_stdout().expect("piped");
        tokio::io::AsyncReadExt::read_exact(&mut stdout, &mut ready).await.expect("says ready");
        let status = child.stop(Signal::TERM).await.expect("waited for");
        assert_eq!(status.code(), Some(7));
    }

    #[test]
    fn a_command_line_reads_as_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--workspace"]);
        assert_eq!(command_line(&command), "cargo test --workspace");
    }
}
