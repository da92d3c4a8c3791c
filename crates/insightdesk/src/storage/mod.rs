//! Where the desk keeps its data, as the rest of the program sees it.
//!
//! [`Storage`] is the seam; [`sqlite`] and [`postgres`] are the implementations, [`Location`] says which. Its
//! methods return boxed futures: one allocation is nothing beside a query on another thread, it keeps the
//! trait object-safe, and no handler has to be generic over the database.
//!
//! Everything that belongs to a tenant takes the organisation as its first argument, so a query without one
//! does not compile. Start with [`Storage`].

mod location;
pub mod postgres;
pub mod sqlite;

use std::pin::Pin;

pub use self::location::{Location, OpenError};
use crate::clock::Timestamp;
use crate::model::{Article, ArticleSummary, Category, Comment, Priority, Status, Ticket, TicketGroup, User};
pub use crate::occupancy::OccupancyReading;

/// The eventual answer to a query.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'a>>;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// More queries wait than the pool admits.
    #[error("the database pool is full: {waiting} queries wait")]
    Overloaded {
        /// How many queries waited.
        waiting: usize,
    },
    /// The query did not finish in time, or never got its turn.
    #[error("the query took longer than {limit_ms} ms")]
    TimedOut {
        /// The time it was given.
        limit_ms: u64,
    },
    /// There is no database server, or it has gone away.
    #[error("the database does not answer: {cause}")]
    Unreachable {
        /// What happened instead.
        cause: String,
    },
    /// SQLite refused or failed.
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused or failed.
    #[error("the database failed")]
    Postgres(#[source] tokio_postgres::Error),
    /// A stored value is not one this version writes.
    #[error("column {column} holds {value:?}, which is no known {expected}")]
    Corrupt {
        /// Where.
        column: &'static str,
        /// What is there.
        value: String,
        /// What should be.
        expected: &'static str,
    },
    /// The thread that ran the query is gone.
    #[error("the database thread ended before the query did")]
    Lost,
}

impl StorageError {
    /// Whether trying again soon makes sense: the caller should hear 503, not 500.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Overloaded { .. } | Self::TimedOut { .. } | Self::Unreachable { .. } => true,
            Self::Postgres(error) => postgres::is_temporary(error),
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            ),
            Self::Corrupt { .. } | Self::Lost => false,
        }
    }
}

/// One page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Counted from 1.
    pub page: u32,
    /// Entries per page.
    pub limit: u32,
}

impl Slice {
    /// How many entries come before this page.
    pub fn offset(self) -> i64 {
        i64::from(self.page.saturating_sub(1)) * i64::from(self.limit)
    }
}

/// Part of a list, and how long the whole list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// Entries on all pages.
    pub total: u64,
}

/// An account as login needs it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose it is.
    pub user: User,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
}

/// The SHA-256 of a refresh token; the token itself is never stored.
pub type TokenHash = [u8; 32];

/// A refresh token about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewRefreshToken {
    /// Its hash.
    pub hash: TokenHash,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Identifies a session: one login and all the tokens that descend from it (the token family).
pub type SessionId = u64;

/// What became of a refresh token that a client presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good, is now used up, and the new one is stored.
    Rotated {
        /// Whose session it is.
        user: User,
        /// The session it continues.
        session: SessionId,
    },
    /// Nobody was ever given this token.
    Unknown,
    /// Too old, or its session was closed.
    Expired,
    /// It had been used before: somebody has a copy. The whole session is now revoked.
    Reused {
        /// The session that was revoked.
        session: SessionId,
    },
}

/// Which tickets to list.
#[derive(Clone, Debug)]
pub struct TicketFilter {
    /// Only this status.
    pub status: Option<Status>,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Only this user's.
    pub assignee: Option<String>,
}

/// How to order a list of tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketSort {
    /// By what.
    pub key: TicketSortKey,
    /// Largest first.
    pub descending: bool,
}

/// What tickets can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketSortKey {
    /// When it was reported.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// How pressing it is.
    Priority,
}

/// What to change about a ticket; `None` leaves a field alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketPatch {
    /// New status.
    pub status: Option<Status>,
    /// New priority.
    pub priority: Option<Priority>,
    /// New title.
    pub title: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New assignee; `Some(None)` takes the ticket away from everybody.
    pub assignee_id: Option<Option<String>>,
}

impl TicketPatch {
    /// Makes the changes; the time of resolution follows from the status.
    pub(crate) fn apply(self, ticket: &mut Ticket, at: Timestamp) {
        if let Some(status) = self.status {
            ticket.status = status;
            ticket.resolved_at = status.is_settled().then(|| ticket.resolved_at.unwrap_or(at));
        }
        ticket.priority = self.priority.unwrap_or(ticket.priority);
        if let Some(title) = self.title {
            ticket.title = title;
        }
        if let Some(description) = self.description {
            ticket.description = description;
        }
        if let Some(assignee_id) = self.assignee_id {
            ticket.assignee_id = assignee_id;
        }
        ticket.updated_at = at;
    }
}

/// What became of a wish to change a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketUpdate {
    /// Done.
    Updated(Ticket),
    /// There is no such ticket in the organisation.
    NotFound,
    /// The status may not change like that.
    Forbidden {
        /// The present status.
        from: Status,
        /// The status that was asked for.
        to: Status,
    },
    /// The organisation has no such user.
    UnknownAssignee,
}

/// The numbers on the dashboard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dashboard {
    /// Tickets by status and priority; groups without tickets may be missing.
    pub groups: Vec<(Status, Priority, TicketGroup)>,
    /// For each day since the epoch with any: created, resolved.
    pub days: Vec<(i64, u64, u64)>,
}

/// Which articles to list.
#[derive(Clone, Debug, Default)]
pub struct ArticleFilter {
    /// Only this category.
    pub category: Option<String>,
    /// Only articles that contain all of these words.
    pub words: Vec<String>,
}

/// Everything that a fresh desk starts with.
#[derive(Debug, Default)]
pub struct SeedData {
    /// Id and name.
    pub organizations: Vec<(String, String)>,
    /// Accounts, already hashed.
    pub accounts: Vec<Account>,
    /// Tickets of all organisations.
    pub tickets: Vec<Ticket>,
    /// Their comments.
    pub comments: Vec<Comment>,
    /// Slug and name.
    pub categories: Vec<(String, String)>,
    /// The knowledge base.
    pub articles: Vec<Article>,
}

/// How many rows seeding added; all zero when everything was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeedReport {
    /// New organisations.
    pub organizations: usize,
    /// New users.
    pub users: usize,
    /// New tickets.
    pub tickets: usize,
    /// New articles.
    pub articles: usize,
}

/// How busy a pool of connections is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolReading {
    /// Which pool.
    pub name: &'static str,
    /// Connections that are open.
    pub open: usize,
    /// Connections that may be open.
    pub limit: usize,
    /// The queries that have one, and those that wait.
    pub occupancy: OccupancyReading,
}

/// A database that holds a desk.
///
/// Every method is bounded in time and answers [`StorageError::Overloaded`] at once when too much is waiting.
pub trait Storage: Send + Sync + 'static {
    /// Whether the database answers at all.
    fn health(&self) -> Answer<'_, ()>;
    /// How busy its pools of connections are.
    fn pools(&self) -> Vec<PoolReading>;

    /// The account that logs in with `email`.
    fn account(&self, email: &str) -> Answer<'_, Option<Account>>;
    /// A user of `organization`.
    fn user(&self, organization: &str, id: &str) -> Answer<'_, Option<User>>;
    /// Which of `emails` have no account yet.
    fn unknown_emails(&self, emails: Vec<String>) -> Answer<'_, Vec<String>>;

    /// Starts a session for a user with its first refresh token.
    fn open_session(&self, id: SessionId, user: &str, token: NewRefreshToken) -> Answer<'_, ()>;
    /// Uses up the token with hash `presented` in exchange for `next`, at the time `next` was issued.
    fn rotate_refresh_token(&self, presented: TokenHash, next: NewRefreshToken) -> Answer<'_, Rotation>;
    /// Ends a session: none of its refresh tokens works any more.
    fn revoke_session(&self, id: SessionId, at: Timestamp) -> Answer<'_, ()>;
    /// Sessions that were revoked after `since`.
    fn revoked_sessions(&self, since: Timestamp) -> Answer<'_, Vec<(SessionId, Timestamp)>>;
    /// Forgets refresh tokens and sessions that expired before `now`.
    fn forget_expired_sessions(&self, now: Timestamp) -> Answer<'_, usize>;

    /// A page of the organisation's tickets.
    fn tickets(
        &self,
        organization: &str,
        filter: TicketFilter,
        sort: TicketSort,
        slice: Slice,
    ) -> Answer<'_, Page<Ticket>>;
    /// One ticket.
    fn ticket(&self, organization: &str, id: &str) -> Answer<'_, Option<Ticket>>;
    /// Stores a new ticket.
    fn create_ticket(&self, ticket: Ticket) -> Answer<'_, ()>;
    /// Changes a ticket if the rules allow it.
    fn update_ticket(
        &self,
        organization: &str,
        id: &str,
        patch: TicketPatch,
        at: Timestamp,
    ) -> Answer<'_, TicketUpdate>;
    /// Removes a ticket and its comments; false when there is none.
    fn delete_ticket(&self, organization: &str, id: &str) -> Answer<'_, bool>;
    /// The tickets that contain all `words`, best match first.
    fn search_tickets(&self, organization: &str, words: &[String], limit: u32) -> Answer<'_, Vec<Ticket>>;
    /// A page of a ticket's comments, oldest first; `None` when there is no such ticket.
    fn comments(&self, organization: &str, ticket: &str, slice: Slice) -> Answer<'_, Option<Page<Comment>>>;
    /// Stores a comment; false when there is no such ticket.
    fn add_comment(&self, organization: &str, comment: Comment) -> Answer<'_, bool>;
    /// The organisation's numbers, with daily ones from `first_day` on.
    fn dashboard(&self, organization: &str, first_day: i64) -> Answer<'_, Dashboard>;

    /// All categories of the knowledge base, by name.
    fn categories(&self) -> Answer<'_, Vec<Category>>;
    /// A page of articles: best match first when words are given, else by title.
    fn articles(&self, filter: ArticleFilter, slice: Slice) -> Answer<'_, Page<ArticleSummary>>;
    /// One article.
    fn article(&self, slug: &str) -> Answer<'_, Option<Article>>;

    /// Whether no organisation exists yet.
    fn is_empty(&self) -> Answer<'_, bool>;
    /// Adds what is missing of `data`, all or nothing.
    fn seed(&self, data: SeedData) -> Answer<'_, SeedReport>;
}
