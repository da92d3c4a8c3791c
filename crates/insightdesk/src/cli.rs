//! The command line: what was typed, turned into a [`Config`] and acted upon.
//!
//! Every flag is also an environment variable. Start with [`Cli`] and [`run`].

use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{BoolishValueParser, RangedU64ValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, value_parser};

use crate::config::{Config, RateLimit, UrlError, ValkeyUrl, database_location};
use crate::server::StartError;
use crate::storage::{Location, OpenError, StorageError, sqlite};
use crate::valkey::ValkeyError;

/// A support desk to point load tests at.
#[derive(Debug, Parser)]
#[command(name = "insightdesk", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What to log: error, warn, info, debug, trace, or directives such as insightdesk=debug
    #[arg(long, env = "LOG", global = true, default_value = "info")]
    pub log: String,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the desk until SIGTERM or Ctrl-C
    Serve(ServeArgs),
    /// Add what is missing of the seed data, then exit
    Seed(StoreArgs),
}

/// Where the data is.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE, sqlite::memory: or sqlite:PATH [default: a file in the
    /// data folder]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// redis://USER:PASSWORD@HOST:PORT/NUMBER: makes several instances one [default: in-process]
    #[arg(long, env = "VALKEY_URL", hide_env_values = true)]
    valkey_url: Option<String>,
    /// The data folder, made when missing
    #[arg(long, env = "INSIGHTDESK_DATA", default_value = "insightdesk-data")]
    data: PathBuf,
}

/// How to serve.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Address to listen on; anything but loopback opens the desk to the network
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 lets the system choose, and the address is printed
    #[arg(long, env = "PORT", default_value_t = 3001)]
    port: u16,
    /// Fill an empty database with the seed data
    #[arg(
        long, env = "SEED", default_value_t = true, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    seed: bool,
    /// Signs access tokens [default: random, so tokens end with the process]
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    jwt_secret: Option<String>,
    /// Answer 429 to accounts and addresses that ask too often
    #[arg(
        long, env = "RATE_LIMIT", default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    rate_limit: bool,
    /// Requests per minute by one account, if limits are on
    #[arg(long, env = "RATE_LIMIT_ACCOUNT", default_value_t = RateLimit::default().per_account)]
    rate_limit_account: u64,
    /// Requests per minute from one address, if limits are on
    #[arg(long, env = "RATE_LIMIT_ADDRESS", default_value_t = RateLimit::default().per_address)]
    rate_limit_address: u64,
    /// Serve the ledger and the fault knobs under /__target/
    #[arg(
        long, env = "INSIGHTDESK_INSTRUMENT", default_value_t = false, action = ArgAction::Set,
        num_args = 0..=1, default_missing_value = "true", value_parser = BoolishValueParser::new()
    )]
    instrument: bool,
    /// Threads that serve requests [default: one per core]
    #[arg(
        long, env = "INSIGHTDESK_WORKERS",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=256)
    )]
    workers: Option<usize>,
    /// Connections to PostgreSQL
    #[arg(
        long, env = "INSIGHTDESK_POOL", default_value_t = Config::default().pool,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000)
    )]
    pool: usize,
    /// Connections to SQLite that read [default: one per core, at least 2, at most 8]
    #[arg(
        long, env = "INSIGHTDESK_READERS",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=64)
    )]
    readers: Option<usize>,
    /// Queries that may wait for the database before the answer is 503
    #[arg(
        long, env = "INSIGHTDESK_QUERY_QUEUE", default_value_t = 1024,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    query_queue: usize,
    /// Milliseconds that a query may wait and run
    #[arg(
        long, env = "INSIGHTDESK_QUERY_TIMEOUT_MS", default_value_t = 2000,
        value_parser = value_parser!(u64).range(1..=600_000)
    )]
    query_timeout_ms: u64,
    /// Passwords verified at the same time [default: half the cores]
    #[arg(
        long, env = "INSIGHTDESK_LOGIN_CONCURRENCY",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=256)
    )]
    login_concurrency: Option<usize>,
    /// Connections that may be open at once
    #[arg(
        long, env = "INSIGHTDESK_MAX_CONNECTIONS", default_value_t = 16_384,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    max_connections: usize,
    /// Seconds until an access token expires
    #[arg(
        long, env = "ACCESS_TOKEN_SECONDS", default_value_t = 900,
        value_parser = value_parser!(u64).range(1..=86_400)
    )]
    access_token_seconds: u64,
    /// Seconds until an unused refresh token expires
    #[arg(
        long, env = "REFRESH_TOKEN_SECONDS", default_value_t = 2_592_000,
        value_parser = value_parser!(u64).range(1..=31_536_000)
    )]
    refresh_token_seconds: u64,
}

/// Why the program ends without having done its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A URL names something that cannot be used.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The address of Valkey cannot be used.
    #[error(transparent)]
    Valkey(#[from] ValkeyError),
    /// The server does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Seeding failed.
    #[error("seeding failed")]
    Seed(#[from] StorageError),
    /// The data folder cannot be made.
    #[error("cannot make the data folder {}", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The system refused something basic.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl RunError {
    fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}

/// Does what the command line says; `out` gets the lines that other programs read.
pub fn run(cli: Cli, out: &mut dyn Write) -> Result<(), RunError> {
    match cli.command {
        Command::Serve(args) => {
            let workers = args.workers;
            let config = args.resolve()?;
            runtime(workers)?.block_on(serve(config, out))
        }
        Command::Seed(args) => {
            let config = Config { valkey: args.valkey()?, database: args.resolve()?, ..Config::default() };
            runtime(Some(1))?.block_on(seed(&config, out))
        }
    }
}

fn runtime(workers: Option<usize>) -> Result<tokio::runtime::Runtime, RunError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().map_err(RunError::system("cannot start the runtime"))
}

impl StoreArgs {
    fn valkey(&self) -> Result<Option<ValkeyUrl>, ValkeyError> {
        ValkeyUrl::parse(self.valkey_url.as_deref())
    }

    fn resolve(&self) -> Result<Location, RunError> {
        let location = database_location(self.database_url.as_deref(), &self.data)?;
        if location.is_within(&self.data) {
            prepare_data_folder(&self.data)
                .map_err(|source| RunError::Data { path: self.data.clone(), source })?;
        }
        Ok(location)
    }
}

impl Location {
    fn is_within(&self, folder: &Path) -> bool {
        matches!(self, Self::Sqlite(sqlite::Location::File(file)) if file.parent() == Some(folder))
    }
}

/// Makes the folder, and tells git to leave it alone: it is often made inside somebody's checkout.
fn prepare_data_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(".gitignore"), "*\n")
}

impl ServeArgs {
    fn resolve(self) -> Result<Config, RunError> {
        let usual = Config::default();
        let limit = RateLimit { per_account: self.rate_limit_account, per_address: self.rate_limit_address };
        Ok(Config {
            host: self.host,
            port: self.port,
            valkey: self.store.valkey()?,
            database: self.store.resolve()?,
            seed: self.seed,
            jwt_secret: self.jwt_secret.filter(|secret| !secret.is_empty()),
            access_token_lifetime: Duration::from_secs(self.access_token_seconds),
            refresh_token_lifetime: Duration::from_secs(self.refresh_token_seconds),
            rate_limit: self.rate_limit.then_some(limit),
            instrument: self.instrument,
            max_connections: self.max_connections,
            readers: self.readers.unwrap_or(usual.readers),
            pool: self.pool,
            query_queue: self.query_queue,
            query_timeout: Duration::from_millis(self.query_timeout_ms),
            login_concurrency: self.login_concurrency.unwrap_or(usual.login_concurrency),
            head_timeout: usual.head_timeout,
            body_timeout: usual.body_timeout,
            grace: usual.grace,
        })
    }
}

async fn serve(config: Config, out: &mut dyn Write) -> Result<(), RunError> {
    #[cfg(unix)]
    allow_open_files(config.max_connections);
    let stop = stop_signal().map_err(RunError::system("cannot listen for signals"))?;
    let Config { database, valkey, instrument, .. } = &config;
    tracing::info!(%database, ?valkey, instrument, "starting");
    let desk = crate::spawn(config).await?;
    // Whoever started us may have closed its end; the desk serves all the same.
    let _ = writeln!(out, "listening on {}", desk.url()).and_then(|()| out.flush());
    stop.await;
    tracing::info!("stopping");
    desk.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

/// Every connection is an open file, and many systems allow 1,024 unless asked for more.
#[cfg(unix)]
fn allow_open_files(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// For the database, the log, and whatever the libraries open.
    const OTHER_FILES: u64 = 256;
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let allowed = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    } else if allowed < wanted {
        tracing::warn!(allowed, wanted, "the limit of open files is lower than max-connections needs");
    }
}

/// Listens for the signals at once, and is done when one has come.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for Ctrl-C, and is done when it has come.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

async fn seed(config: &Config, out: &mut dyn Write) -> Result<(), RunError> {
    let storage = config.database.open(config).await?;
    let report = crate::seed::seed(&*storage).await?;
    let crate::storage::SeedReport { organizations, users, tickets, articles } = report;
    let database = &config.database;
    let _ = writeln!(
        out,
        "added {organizations} organisations, {users} users, {tickets} tickets, {articles} articles \
         to {database}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn switches_work_alone_and_with_a_value() {
        let parse = |args: &[&str]| {
            let cli =
                Cli::try_parse_from([&["insightdesk", "serve"], args].concat()).expect("valid arguments");
            match cli.command {
                Command::Serve(args) => (args.seed, args.rate_limit, args.instrument),
                Command::Seed(_) => unreachable!("asked for serve"),
            }
        };
        assert_eq!(parse(&[]), (true, false, false));
        assert_eq!(parse(&["--seed=false", "--rate-limit", "--instrument"]), (false, true, true));
        assert_eq!(parse(&["--rate-limit=on"]), (true, true, false));
    }
}
