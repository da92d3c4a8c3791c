//! [`Storage`] on PostgreSQL, 14 or later.
//!
//! Statements are prepared once for each connection, and a query that takes too long is stopped on both
//! sides: here it is given up, there `statement_timeout` ends it. The SQL lives in one module per subject;
//! this one opens, migrates and delegates. Start with [`Postgres::open`].

mod address;
mod fault;
mod knowledge_base;
mod pool;
mod row;
mod search;
mod seeding;
mod sessions;
mod tickets;
mod users;

use std::time::Duration;

use deadpool_postgres::Transaction;

pub use self::address::Address;
pub(super) use self::fault::is_temporary;
use self::pool::{Client, Pool, Work};
use super::{
    Account, Answer, ArticleFilter, Dashboard, NewRefreshToken, Page, PoolReading, Rotation, SeedData,
    SeedReport, SessionId, Slice, Storage, StorageError, TicketFilter, TicketPatch, TicketSort, TicketUpdate,
    TokenHash,
};
use crate::clock::Timestamp;
use crate::model::{Article, ArticleSummary, Category, Comment, Ticket, User};

/// Each entry takes the schema one version further.
const MIGRATIONS: &[&str] =
    &[include_str!("schema.sql"), include_str!("vocabulary.sql"), include_str!("words.sql")];

/// Migrating, seeding and pruning are not requests; they may take longer than one.
const MAINTENANCE_LIMIT: Duration = Duration::from_secs(60);

/// Numbers of advisory locks; they mean something only in a database of ours.
const MIGRATION_LOCK: i64 = 1;
const SEED_LOCK: i64 = 2;
const PRUNE_LOCK: i64 = 3;

/// How much may happen at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections to the server.
    pub connections: usize,
    /// Queries that may wait for one.
    pub queue: usize,
    /// How long a query may wait and run.
    pub query: Duration,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The server does not answer, or refuses.
    #[error("cannot open the database {address}")]
    Database {
        /// Where it is.
        address: Address,
        /// Why.
        source: Box<StorageError>,
    },
    /// The database was written by a newer program.
    #[error("the database {address} has schema version {found}; this program knows up to {known}")]
    Newer {
        /// Where it is.
        address: Address,
        /// Its version.
        found: usize,
        /// Ours.
        known: usize,
    },
}

/// A desk in a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    limit: Duration,
}

impl Postgres {
    /// Opens the database at `address` and migrates it as needed.
    pub async fn open(address: &Address, limits: Limits) -> Result<Self, OpenError> {
        let pool = Pool::new(address.config(limits.query), limits);
        let known = MIGRATIONS.len();
        let found = pool.run(MAINTENANCE_LIMIT, |c| Box::pin(migrate(c))).await;
        match found {
            Ok(found) if found > known => Err(OpenError::Newer { address: address.clone(), found, known }),
            Ok(_) => Ok(Self { pool, limit: limits.query }),
            Err(source) => Err(OpenError::Database { address: address.clone(), source: Box::new(source) }),
        }
    }

    fn run<'s, T, F>(&'s self, work: F) -> Answer<'s, T>
    where
        T: Send + 's,
        F: for<'c> FnOnce(&'c mut Client) -> Work<'c, T> + Send + 's,
    {
        Box::pin(self.pool.run(self.limit, work))
    }
}

/// Begins a transaction that waits its turn and may take its time.
async fn begin_maintenance(c: &mut Client, lock: i64) -> Result<Transaction<'_>, StorageError> {
    let transaction = c.transaction().await?;
    let limit = pool::millis(MAINTENANCE_LIMIT);
    transaction.batch_execute(&format!("SET LOCAL statement_timeout = {limit}")).await?;
    row::execute(&transaction, "SELECT pg_advisory_xact_lock($1)", &[&lock]).await?;
    Ok(transaction)
}

/// Takes the schema to our version and says which one it had; a newer one is not touched.
async fn migrate(c: &mut Client) -> Result<usize, StorageError> {
    let transaction = begin_maintenance(c, MIGRATION_LOCK).await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS insightdesk_schema (version bigint NOT NULL)")
        .await?;
    let version = row::first(&transaction, "SELECT version FROM insightdesk_schema", &[]).await?;
    let found = version.map_or(Ok(0), |row| row::count(&row, "version"))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(found) {
        transaction.batch_execute(migration).await?;
    }
    if found < MIGRATIONS.len() {
        let known = i64::try_from(MIGRATIONS.len()).expect("there are fewer migrations than that");
        let sql = format!("DELETE FROM insightdesk_schema; INSERT INTO insightdesk_schema VALUES ({known})");
        transaction.batch_execute(&sql).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

impl Storage for Postgres {
    fn health(&self) -> Answer<'_, ()> {
        self.run(|c| Box::pin(async { row::first(c, "SELECT 1", &[]).await.map(drop) }))
    }

    fn pools(&self) -> Vec<PoolReading> {
        vec![self.pool.reading()]
    }

    fn account(&self, email: &str) -> Answer<'_, Option<Account>> {
        let email = email.to_owned();
        self.run(|c| Box::pin(async move { users::account(c, &email).await }))
    }

    fn user(&self, organization: &str, id: &str) -> Answer<'_, Option<User>> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.run(|c| Box::pin(async move { users::user(c, &organization, &id).await }))
    }

    fn unknown_emails(&self, emails: Vec<String>) -> Answer<'_, Vec<String>> {
        self.run(|c| Box::pin(async move { users::unknown_emails(c, &emails).await }))
    }

    fn open_session(&self, id: SessionId, user: &str, token: NewRefreshToken) -> Answer<'_, ()> {
        let user = user.to_owned();
        self.run(move |c| Box::pin(async move { sessions::open(c, id, &user, token).await }))
    }

    fn rotate_refresh_token(&self, presented: TokenHash, next: NewRefreshToken) -> Answer<'_, Rotation> {
        self.run(move |c| Box::pin(async move { sessions::rotate(c, &presented, next).await }))
    }

    fn revoke_session(&self, id: SessionId, at: Timestamp) -> Answer<'_, ()> {
        self.run(move |c| Box::pin(async move { sessions::revoke(c, id, at).await }))
    }

    fn revoked_sessions(&self, since: Timestamp) -> Answer<'_, Vec<(SessionId, Timestamp)>> {
        self.run(move |c| Box::pin(async move { sessions::revoked(c, since).await }))
    }

    fn forget_expired_sessions(&self, now: Timestamp) -> Answer<'_, usize> {
        let forget = self.pool.run(MAINTENANCE_LIMIT, move |c: &mut Client| -> Work<'_, usize> {
            Box::pin(async move {
                let transaction = begin_maintenance(c, PRUNE_LOCK).await?;
                let forgotten = sessions::forget_expired(&transaction, now).await?;
                transaction.commit().await?;
                Ok(forgotten)
            })
        });
        Box::pin(forget)
    }

    fn tickets(
        &self,
        organization: &str,
        filter: TicketFilter,
        sort: TicketSort,
        slice: Slice,
    ) -> Answer<'_, Page<Ticket>> {
        let organization = organization.to_owned();
        self.run(move |c| {
            Box::pin(async move { tickets::list(c, &organization, &filter, sort, slice).await })
        })
    }

    fn ticket(&self, organization: &str, id: &str) -> Answer<'_, Option<Ticket>> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.run(|c| Box::pin(async move { tickets::get(c, &organization, &id).await }))
    }

    fn create_ticket(&self, ticket: Ticket) -> Answer<'_, ()> {
        self.run(|c| Box::pin(async move { tickets::insert(c, &ticket).await.map(drop) }))
    }

    fn update_ticket(
        &self,
        organization: &str,
        id: &str,
        patch: TicketPatch,
        at: Timestamp,
    ) -> Answer<'_, TicketUpdate> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.run(move |c| Box::pin(async move { tickets::update(c, &organization, &id, patch, at).await }))
    }

    fn delete_ticket(&self, organization: &str, id: &str) -> Answer<'_, bool> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.run(|c| Box::pin(async move { tickets::delete(c, &organization, &id).await }))
    }

    fn search_tickets(&self, organization: &str, words: &[String], limit: u32) -> Answer<'_, Vec<Ticket>> {
        let (organization, words) = (organization.to_owned(), words.to_vec());
        self.run(move |c| Box::pin(async move { search::search(c, &organization, &words, limit).await }))
    }

    fn comments(&self, organization: &str, ticket: &str, slice: Slice) -> Answer<'_, Option<Page<Comment>>> {
        let (organization, ticket) = (organization.to_owned(), ticket.to_owned());
        self.run(move |c| Box::pin(async move { tickets::comments(c, &organization, &ticket, slice).await }))
    }

    fn add_comment(&self, organization: &str, comment: Comment) -> Answer<'_, bool> {
        let organization = organization.to_owned();
        self.run(|c| Box::pin(async move { tickets::add_comment(c, &organization, &comment).await }))
    }

    fn dashboard(&self, organization: &str, first_day: i64) -> Answer<'_, Dashboard> {
        let organization = organization.to_owned();
        self.run(move |c| Box::pin(async move { tickets::dashboard(c, &organization, first_day).await }))
    }

    fn categories(&self) -> Answer<'_, Vec<Category>> {
        self.run(|c| Box::pin(knowledge_base::categories(c)))
    }

    fn articles(&self, filter: ArticleFilter, slice: Slice) -> Answer<'_, Page<ArticleSummary>> {
        self.run(move |c| Box::pin(async move { knowledge_base::articles(c, &filter, slice).await }))
    }

    fn article(&self, slug: &str) -> Answer<'_, Option<Article>> {
        let slug = slug.to_owned();
        self.run(|c| Box::pin(async move { knowledge_base::article(c, &slug).await }))
    }

    fn is_empty(&self) -> Answer<'_, bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM organizations) AS empty";
        self.run(move |c| {
            Box::pin(async move {
                let row = row::first(c, sql, &[]).await?;
                row.map_or(Ok(true), |row| Ok(row.try_get("empty")?))
            })
        })
    }

    fn seed(&self, data: SeedData) -> Answer<'_, SeedReport> {
        let seed = self.pool.run(MAINTENANCE_LIMIT, |c: &mut Client| -> Work<'_, SeedReport> {
            Box::pin(async move { seeding::seed(c, &data).await })
        });
        Box::pin(seed)
    }
}
