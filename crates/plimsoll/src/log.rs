//! The log: which line goes where.
//!
//! Lines go to stderr, above the progress, unless `--log-output` says otherwise; what a script's iterations
//! say goes to the file of `--console-output` if there is one. Files are written line by line without a
//! buffer, so that nothing is lost however the process ends.

mod lines;
mod output;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use plimsoll_script::Redactor;
use tokio::time::Instant;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use self::lines::Form;
pub(crate) use self::{lines::LogFormat, output::LogOutput};
use crate::cli::LoggingArguments;
use crate::failure::Failure;
use crate::screen::Screen;

/// The target of what a script says to its console, other than in its init context.
const CONSOLE: &str = "console";

/// The log of this process.
pub(crate) struct Log {
    console: Arc<OnceLock<LogFile>>,
    redactor: Redactor,
}

impl Log {
    /// Starts logging. Only the first call of a process has an effect.
    ///
    /// # Errors
    /// When the file of `--log-output` cannot be opened; lines then go to stderr.
    pub(crate) fn start(arguments: &LoggingArguments, screen: &Arc<Screen>) -> Result<Self, Failure> {
        let (sink, failure) = match Sink::open(&arguments.output, screen) {
            Ok(sink) => (sink, None),
            Err(failure) => (Sink::Stderr(Arc::clone(screen)), Some(failure)),
        };
        let terminal = sink.is_terminal();
        let form = Form {
            format: arguments.format,
            terminal,
            color: terminal && !arguments.no_color && !no_color(),
            started: Instant::now(),
        };
        let console = Arc::new(OnceLock::new());
        let redactor = Redactor::default();
        let lines = Lines { form, sink, console: Arc::clone(&console), redactor: redactor.clone() };
        let level = if arguments.verbose { LevelFilter::DEBUG } else { LevelFilter::INFO };
        // An embedder may have set a subscriber of its own; its choice stands.
        let _ = tracing_subscriber::registry().with(level).with(lines).try_init();
        failure.map_or(Ok(Log { console, redactor }), Err)
    }

    /// What hides secrets in its lines.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// From now on, what the script says to its console is appended to a file.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn console_to(&self, path: &Path) -> Result<(), Failure> {
        let opened = append_to(path).map_err(|error| not_opened("--console-output", path, &error))?;
        // A process runs one test, so there is no other file to be replaced.
        let _ = self.console.set(LogFile::new(path, opened));
        Ok(())
    }
}

/// Whether the environment asks for no colours (<https://no-color.org>, and k6's own variable).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some()
        || std::env::var_os("K6_NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Where lines end up.
enum Sink {
    Stderr(Arc<Screen>),
    Stdout(Arc<Screen>),
    File(LogFile, Level),
    Nowhere,
}

impl Sink {
    fn open(output: &LogOutput, screen: &Arc<Screen>) -> Result<Self, Failure> {
        Ok(match output {
            LogOutput::Stderr => Sink::Stderr(Arc::clone(screen)),
            LogOutput::Stdout => Sink::Stdout(Arc::clone(screen)),
            LogOutput::None => Sink::Nowhere,
            LogOutput::File { path, level } => {
                let file = append_to(path).map_err(|error| not_opened("--log-output", path, &error))?;
                Sink::File(LogFile::new(path, file), *level)
            }
        })
    }

    fn is_terminal(&self) -> bool {
        match self {
            Sink::Stderr(screen) => screen.is_terminal(),
            Sink::Stdout(_) => io::IsTerminal::is_terminal(&io::stdout()),
            Sink::File(..) | Sink::Nowhere => false,
        }
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    // Lines may hold what a script prints of its secrets.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn not_opened(flag: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Write(vec![format!("{flag}: {} could not be opened: {error}", path.display())])
}

/// A file that lines are written to as they come.
struct LogFile {
    file: File,
    name: String,
    /// Whether a line was lost, which is told once.
    failed: AtomicBool,
}

impl LogFile {
    fn new(path: &Path, file: File) -> Self {
        LogFile { file, name: path.display().to_string(), failed: AtomicBool::new(false) }
    }

    /// Writes a line by one call of the system, so that lines of different threads do not mix.
    fn write(&self, line: &str) {
        if let Err(error) = (&self.file).write_all(line.as_bytes())
            && !self.failed.swap(true, Ordering::Relaxed)
        {
            let told = format!("{} could not be written, log lines are lost: {error}\n", self.name);
            // The log itself may lead to this very file.
            let _ = io::stderr().write_all(told.as_bytes());
        }
    }
}

/// Sends each event where it belongs.
struct Lines {
    form: Form,
    sink: Sink,
    console: Arc<OnceLock<LogFile>>,
    redactor: Redactor,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let line = |form: &Form, without| form.line(event, without, &self.redactor);
        match (&self.sink, self.console.get()) {
            (_, Some(file)) if metadata.target() == CONSOLE => {
                let form = Form { terminal: false, color: false, ..self.form };
                file.write(&line(&form, Some("source")));
            }
            (Sink::Stderr(screen), _) => screen.print(&line(&self.form, None)),
            (Sink::Stdout(screen), _) => screen.print_to_stdout(&line(&self.form, None)),
            (Sink::File(file, level), _) if metadata.level() <= level => {
                file.write(&line(&self.form, None));
            }
            (Sink::File(..) | Sink::Nowhere, _) => {}
        }
    }
}
