//! SQL databases: one handle for PostgreSQL, MySQL and SQLite, as `k6/x/sql` knows them.
//!
//! It knows no JavaScript: values are [`Value`]s, of the kinds that the Go drivers of k6's extension give.
//! Start from [`DataSource::parse`] and [`Database::new`].
//!
//! | module | subject |
//! |---|---|
//! | `database` | [`Database`]: a connection that is kept, limits of time |
//! | `value` | [`Value`], [`Answer`], and how much of them there may be |
//! | `calendar` | dates in text, and as milliseconds since 1970 |
//! | `postgres` | the protocol of PostgreSQL, values in text |
//! | `mysql` | MySQL and MariaDB through `mysql_async` |
//! | `sqlite` | SQLite on threads of its own |
//! | `error` | what can go wrong |

mod calendar;
mod database;
mod error;
mod mysql;
mod postgres;
mod sqlite;
mod value;

pub use database::{DataSource, Database, Driver, Keeping, Statement};
pub use error::SqlError;
pub use value::{Answer, Value};
