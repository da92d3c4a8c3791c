//! Which database a desk uses, and how it is opened.

use std::fmt;
use std::sync::Arc;

use super::Storage;
use super::postgres::{self, Postgres};
use super::sqlite::{self, Sqlite};
use crate::config::Config;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Embedded.
    Sqlite(sqlite::Location),
    /// On a server.
    Postgres(postgres::Address),
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The embedded one.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The one on a server.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
}

impl Location {
    /// Opens the database, making and migrating it as needed.
    pub(crate) async fn open(&self, config: &Config) -> Result<Arc<dyn Storage>, OpenError> {
        let (queue, query) = (config.query_queue, config.query_timeout);
        Ok(match self {
            Self::Sqlite(location) => {
                let limits = sqlite::Limits { readers: config.readers, queue, query };
                Arc::new(Sqlite::open(location, limits)?)
            }
            Self::Postgres(address) => {
                let limits = postgres::Limits { connections: config.pool, queue, query };
                Arc::new(Postgres::open(address, limits).await?)
            }
        })
    }
}

impl From<sqlite::Location> for Location {
    fn from(location: sqlite::Location) -> Self {
        Self::Sqlite(location)
    }
}

impl From<postgres::Address> for Location {
    fn from(address: postgres::Address) -> Self {
        Self::Postgres(address)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(location) => write!(f, "{location}"),
            Self::Postgres(address) => write!(f, "{address}"),
        }
    }
}
