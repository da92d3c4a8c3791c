//! A database as a script sees it: a connection that is made when it is needed and kept for the next time.
//!
//! It belongs to one user, who waits for each answer, so that there is one connection. A statement that is
//! given up, for being late or because nobody waits for it any more, takes its connection with it: nobody
//! shall read the answer to somebody else's question.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::error::SqlError;
use super::value::{Answer, Value};
use super::{mysql, postgres, sqlite};
use crate::shared::Shared;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Driver {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite, in files and in memory.
    Sqlite,
}

impl Driver {
    /// All of them.
    pub const ALL: [Driver; 3] = [Driver::Postgres, Driver::MySql, Driver::Sqlite];

    /// The name that scripts know it by.
    pub fn name(self) -> &'static str {
        match self {
            Driver::Postgres => "postgres",
            Driver::MySql => "mysql",
            Driver::Sqlite => "sqlite3",
        }
    }

    /// A data source name, to show what they look like.
    pub fn example(self) -> &'static str {
        match self {
            Driver::Postgres => "postgres://user:password@host:5432/database",
            Driver::MySql => "user:password@tcp(host:3306)/database",
            Driver::Sqlite => "./test.db",
        }
    }

    /// The driver of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|driver| driver.name() == name)
    }
}

/// Whether the connection stays for the next statement, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Whether it stays at all.
    pub is_kept: bool,
    /// How long it is kept while nobody uses it.
    pub max_idle_time: Option<Duration>,
    /// How old it may become.
    pub max_lifetime: Option<Duration>,
}

impl Default for Keeping {
    fn default() -> Self {
        Keeping { is_kept: true, max_idle_time: None, max_lifetime: None }
    }
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text, with the database's own placeholders.
    pub text: String,
    /// What they stand for.
    pub parameters: Vec<Value>,
    /// Whether the rows matter, or only what has happened.
    pub wants_rows: bool,
    /// How long it may take, the wait for a connection included.
    pub limit: Option<Duration>,
}

/// What a data source name says: where a database is, and who asks.
pub struct DataSource(Address);

enum Address {
    Postgres(Box<postgres::Address>),
    MySql(Box<mysql::Address>),
    Sqlite(sqlite::Address),
}

/// A handle to a database.
pub struct Database {
    source: Rc<DataSource>,
    keeping: Keeping,
    idle: RefCell<Option<Idle>>,
    is_closed: Cell<bool>,
}

/// A connection.
enum Link {
    Postgres(Box<postgres::Link>),
    MySql(Box<mysql::Link>),
    Sqlite(sqlite::Link),
}

struct Idle {
    link: Link,
    born: Instant,
    since: Instant,
}

impl DataSource {
    /// Reads a name in the form of the driver.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(driver: Driver, name: &str) -> Result<Self, SqlError> {
        Ok(DataSource(match driver {
            Driver::Postgres => Address::Postgres(Box::new(postgres::Address::parse(name)?)),
            Driver::MySql => Address::MySql(Box::new(mysql::Address::parse(name)?)),
            Driver::Sqlite => Address::Sqlite(sqlite::Address::parse(name)?),
        }))
    }

    /// For messages.
    fn server(&self) -> Box<str> {
        match &self.0 {
            Address::Postgres(address) => address.server(),
            Address::MySql(address) => address.server(),
            Address::Sqlite(address) => address.server(),
        }
    }
}

impl Database {
    /// A handle; it connects when it is first used.
    pub fn new(source: Rc<DataSource>, keeping: Keeping) -> Self {
        Database { source, keeping, idle: RefCell::default(), is_closed: Cell::default() }
    }

    /// Carries a statement out.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn run(&self, shared: &Shared, statement: &Statement) -> Result<Answer, SqlError> {
        if self.is_closed.get() {
            return Err(SqlError::Closed);
        }
        let work = self.run_unlimited(shared, statement);
        // A query of SQLite stops when it is told to, and leaves its connection, which may be all there is.
        let Some(limit) = statement.limit.filter(|_| !matches!(self.source.0, Address::Sqlite(_))) else {
            return work.await;
        };
        let late = || SqlError::TimedOut { server: self.source.server(), limit };
        timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
    }

    async fn run_unlimited(&self, shared: &Shared, statement: &Statement) -> Result<Answer, SqlError> {
        let (mut link, born) = match self.kept().await {
            Some(kept) => kept,
            None => (self.connect(shared).await?, Instant::now()),
        };
        let answer = match &mut link {
            Link::Postgres(link) => link.run(statement).await,
            Link::MySql(link) => link.run(statement).await,
            Link::Sqlite(link) => link.run(statement).await,
        };
        let is_usable = answer.as_ref().err().is_none_or(|error| {
            error.leaves_connection()
                || matches!((error, &link), (SqlError::TimedOut { .. }, Link::Sqlite(_)))
        });
        if is_usable {
            self.keep(link, born);
        }
        answer
    }

    async fn connect(&self, shared: &Shared) -> Result<Link, SqlError> {
        Ok(match &self.source.0 {
            Address::Postgres(address) => {
                Link::Postgres(Box::new(postgres::Link::connect(shared, address).await?))
            }
            Address::MySql(address) => Link::MySql(Box::new(mysql::Link::connect(shared, address).await?)),
            Address::Sqlite(address) => Link::Sqlite(sqlite::Link::connect(address).await?),
        })
    }

    /// The connection that was used last, if it is still good.
    async fn kept(&self) -> Option<(Link, Instant)> {
        let Idle { mut link, born, since } = self.idle.take()?;
        let is_young =
            |limit: Option<Duration>, from: Instant| limit.is_none_or(|limit| from.elapsed() < limit);
        let is_fit = is_young(self.keeping.max_lifetime, born)
            && is_young(self.keeping.max_idle_time, since)
            && link.is_open(since.elapsed()).await;
        is_fit.then_some((link, born))
    }

    fn keep(&self, link: Link, born: Instant) {
        if !self.is_closed.get() && self.keeping.is_kept {
            self.idle.replace(Some(Idle { link, born, since: Instant::now() }));
        }
    }

    /// Ends the connection, unless it is in use; statements fail from now on.
    pub fn close(&self) {
        self.is_closed.set(true);
        self.idle.take();
    }
}

impl Link {
    async fn is_open(&mut self, idle: Duration) -> bool {
        match self {
            Link::Postgres(link) => link.is_open(),
            Link::MySql(link) => link.is_open(idle).await,
            Link::Sqlite(_) => true,
        }
    }
}
