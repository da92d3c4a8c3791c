//! [`Storage`] on embedded SQLite.
//!
//! A file is opened in write-ahead-logging mode with one connection that writes and several that read. An
//! in-memory database is one connection that does both: SQLite's shared-cache mode would allow more, but
//! answers `SQLITE_LOCKED` under concurrency where a queue simply waits.
//!
//! The SQL lives in one module per subject; this one opens, migrates and delegates. Start with
//! [`Sqlite::open`].

mod knowledge_base;
mod pool;
mod row;
mod search;
mod seeding;
mod sessions;
mod tickets;
mod users;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use self::pool::Pool;
use super::{
    Account, Answer, ArticleFilter, Dashboard, NewRefreshToken, Page, PoolReading, Rotation, SeedData,
    SeedReport, SessionId, Slice, Storage, StorageError, TicketFilter, TicketPatch, TicketSort, TicketUpdate,
    TokenHash,
};
use crate::clock::Timestamp;
use crate::model::{Article, ArticleSummary, Category, Comment, Ticket, User};

/// Each entry takes the schema one version further; the version is SQLite's `user_version`.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("vocabulary.sql")];

/// How many different statements a connection keeps compiled: more than the program has.
const STATEMENT_CACHE: usize = 128;

/// How long a writer of another process is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Seeding and pruning are not requests; they may take longer than one.
const MAINTENANCE_LIMIT: Duration = Duration::from_secs(60);

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In memory, gone when the process ends.
    Memory,
    /// In this file, which is made when it does not exist.
    File(PathBuf),
}

/// How much may happen at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that read, each on a thread.
    pub readers: usize,
    /// Queries that may wait for the readers, and as many for the writer.
    pub queue: usize,
    /// How long a query may wait and run.
    pub query: Duration,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder of the file cannot be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot open the database {location}")]
    Database {
        /// Where it is.
        location: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// The database was written by a newer program.
    #[error("the database {location} has schema version {found}; this program knows up to {known}")]
    Newer {
        /// Where it is.
        location: String,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A thread could not be started.
    #[error("cannot start a database thread")]
    Thread(#[source] std::io::Error),
}

/// A desk in a SQLite database.
pub struct Sqlite {
    /// `None`: the writer reads as well.
    readers: Option<Pool>,
    // After `readers`, so that the writer's connection closes last and folds the log into the file.
    writer: Pool,
    limit: Duration,
}

impl Sqlite {
    /// Opens the database at `location`, making and migrating it as needed.
    pub fn open(location: &Location, limits: Limits) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database { location: location.to_string(), source };
        if let Location::File(path) = location {
            make_folder_of(path)?;
        }
        let mut writer = connect(location).map_err(failed)?;
        migrate(&mut writer, location)?;
        let readers = match location {
            Location::Memory => None,
            Location::File(_) => {
                let connections: Result<_, _> =
                    (0..limits.readers.max(1)).map(|_| connect(location)).collect();
                Some(Pool::start("db-reader", connections.map_err(failed)?, limits.queue))
            }
        };
        Ok(Self {
            readers: readers.transpose().map_err(OpenError::Thread)?,
            writer: Pool::start("db-writer", vec![writer], limits.queue).map_err(OpenError::Thread)?,
            limit: limits.query,
        })
    }

    fn read<T, F>(&self, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        let pool = self.readers.as_ref().unwrap_or(&self.writer);
        Box::pin(pool.run(self.limit, |connection| work(connection)))
    }

    /// Runs `work` in a transaction that is kept only when it succeeds.
    fn write<T, F>(&self, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        self.write_within(self.limit, work)
    }

    fn write_within<T, F>(&self, limit: Duration, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        Box::pin(self.writer.run(limit, |connection| {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        }))
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

fn make_folder_of(file: &Path) -> Result<(), OpenError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder { path: folder.to_path_buf(), source })
}

fn connect(location: &Location) -> Result<Connection, rusqlite::Error> {
    let connection = match location {
        Location::Memory => Connection::open_in_memory()?,
        Location::File(path) => Connection::open(path)?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // A power cut may cost the last commits but never the file: the usual bargain with write-ahead logging.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA mmap_size = 268435456;",
    )?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, location: &Location) -> Result<(), OpenError> {
    let failed = |source| OpenError::Database { location: location.to_string(), source };
    // Immediate, so that of two programs that start at once the second waits and then finds nothing to do.
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    let known = u32::try_from(MIGRATIONS.len()).expect("there are fewer migrations than that");
    if found > known {
        return Err(OpenError::Newer { location: location.to_string(), found, known });
    }
    for migration in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    transaction.commit().map_err(failed)
}

impl Storage for Sqlite {
    fn pools(&self) -> Vec<PoolReading> {
        let readers = self.readers.as_ref().map(|pool| pool.reading("sqlite_readers"));
        readers.into_iter().chain([self.writer.reading("sqlite_writer")]).collect()
    }

    fn health(&self) -> Answer<'_, ()> {
        self.read(|c| Ok(c.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))?))
    }

    fn account(&self, email: &str) -> Answer<'_, Option<Account>> {
        let email = email.to_owned();
        self.read(move |c| users::account(c, &email))
    }

    fn user(&self, organization: &str, id: &str) -> Answer<'_, Option<User>> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.read(move |c| users::user(c, &organization, &id))
    }

    fn unknown_emails(&self, emails: Vec<String>) -> Answer<'_, Vec<String>> {
        self.read(move |c| users::unknown_emails(c, emails))
    }

    fn open_session(&self, id: SessionId, user: &str, token: NewRefreshToken) -> Answer<'_, ()> {
        let user = user.to_owned();
        self.write(move |c| sessions::open(c, id, &user, token))
    }

    fn rotate_refresh_token(&self, presented: TokenHash, next: NewRefreshToken) -> Answer<'_, Rotation> {
        self.write(move |c| sessions::rotate(c, &presented, next))
    }

    fn revoke_session(&self, id: SessionId, at: Timestamp) -> Answer<'_, ()> {
        self.write(move |c| sessions::revoke(c, id, at))
    }

    fn revoked_sessions(&self, since: Timestamp) -> Answer<'_, Vec<(SessionId, Timestamp)>> {
        self.read(move |c| sessions::revoked(c, since))
    }

    fn forget_expired_sessions(&self, now: Timestamp) -> Answer<'_, usize> {
        self.write_within(MAINTENANCE_LIMIT, move |c| sessions::forget_expired(c, now))
    }

    fn tickets(
        &self,
        organization: &str,
        filter: TicketFilter,
        sort: TicketSort,
        slice: Slice,
    ) -> Answer<'_, Page<Ticket>> {
        let organization = organization.to_owned();
        self.read(move |c| tickets::list(c, &organization, &filter, sort, slice))
    }

    fn ticket(&self, organization: &str, id: &str) -> Answer<'_, Option<Ticket>> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.read(move |c| tickets::get(c, &organization, &id))
    }

    fn create_ticket(&self, ticket: Ticket) -> Answer<'_, ()> {
        self.write(move |c| tickets::insert(c, &ticket).map(drop))
    }

    fn update_ticket(
        &self,
        organization: &str,
        id: &str,
        patch: TicketPatch,
        at: Timestamp,
    ) -> Answer<'_, TicketUpdate> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.write(move |c| tickets::update(c, &organization, &id, patch, at))
    }

    fn delete_ticket(&self, organization: &str, id: &str) -> Answer<'_, bool> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.write(move |c| tickets::delete(c, &organization, &id))
    }

    fn search_tickets(&self, organization: &str, words: &[String], limit: u32) -> Answer<'_, Vec<Ticket>> {
        let (organization, words) = (organization.to_owned(), words.to_vec());
        self.read(move |c| search::search(c, &organization, &words, limit))
    }

    fn comments(&self, organization: &str, ticket: &str, slice: Slice) -> Answer<'_, Option<Page<Comment>>> {
        let (organization, ticket) = (organization.to_owned(), ticket.to_owned());
        self.read(move |c| tickets::comments(c, &organization, &ticket, slice))
    }

    fn add_comment(&self, organization: &str, comment: Comment) -> Answer<'_, bool> {
        let organization = organization.to_owned();
        self.write(move |c| tickets::add_comment(c, &organization, &comment))
    }

    fn dashboard(&self, organization: &str, first_day: i64) -> Answer<'_, Dashboard> {
        let organization = organization.to_owned();
        self.read(move |c| tickets::dashboard(c, &organization, first_day))
    }

    fn categories(&self) -> Answer<'_, Vec<Category>> {
        self.read(knowledge_base::categories)
    }

    fn articles(&self, filter: ArticleFilter, slice: Slice) -> Answer<'_, Page<ArticleSummary>> {
        self.read(move |c| knowledge_base::articles(c, &filter, slice))
    }

    fn article(&self, slug: &str) -> Answer<'_, Option<Article>> {
        let slug = slug.to_owned();
        self.read(move |c| knowledge_base::article(c, &slug))
    }

    fn is_empty(&self) -> Answer<'_, bool> {
        self.read(|c| {
            Ok(c.query_row("SELECT NOT EXISTS (SELECT 1 FROM organizations)", [], |row| row.get(0))?)
        })
    }

    fn seed(&self, data: SeedData) -> Answer<'_, SeedReport> {
        self.write_within(MAINTENANCE_LIMIT, move |c| seeding::seed(c, &data))
    }
}
