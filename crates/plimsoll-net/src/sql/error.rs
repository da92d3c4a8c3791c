//! What can go wrong with a database.
//!
//! No message contains a data source name: it may hold a password.

use std::time::Duration;

use thiserror::Error;

/// Why a statement has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The data source name says something that cannot be done.
    #[error("{driver}: invalid data source name: {problem}; expected {expected}")]
    Address {
        /// The driver's name.
        driver: &'static str,
        /// What is wrong.
        problem: String,
        /// What a right one looks like.
        expected: &'static str,
    },
    /// There is no connection, or there is none any more.
    #[error("{server}: {reason}")]
    Connection {
        /// Driver and address.
        server: Box<str>,
        /// Why.
        reason: String,
    },
    /// The database refuses the statement.
    #[error("{message}")]
    Server {
        /// The database's own words.
        message: String,
        /// Whether it ends the connection, too.
        is_fatal: bool,
    },
    /// The statement took too long.
    #[error("{server}: no answer within {limit:?}: context deadline exceeded")]
    TimedOut {
        /// Driver and address.
        server: Box<str>,
        /// The time that it had.
        limit: Duration,
    },
    /// The answer is larger than anybody could want.
    #[error("the answer has more than {limit}; ask for less with LIMIT")]
    TooLarge {
        /// How much it may be.
        limit: &'static str,
    },
    /// The statement wants other parameters than it was given.
    #[error("the statement has {wanted} placeholders, and was given {given} parameters")]
    Parameters {
        /// How many there are in the statement.
        wanted: usize,
        /// How many there were.
        given: usize,
    },
    /// The handle was closed.
    #[error("sql: database is closed")]
    Closed,
}

impl SqlError {
    /// Whether the connection can be used again.
    pub(super) fn leaves_connection(&self) -> bool {
        matches!(self, SqlError::Server { is_fatal: false, .. } | SqlError::Parameters { .. })
    }
}
