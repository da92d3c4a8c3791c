//! What PostgreSQL's errors mean for whoever asked.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::storage::StorageError;

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        if is_unreachable(&error) {
            Self::Unreachable { cause: describe(&error) }
        } else {
            Self::Postgres(error)
        }
    }
}

/// Whether there is no server, or it is on its way up or down.
fn is_unreachable(error: &Error) -> bool {
    let Some(state) = error.code() else {
        let cause = std::error::Error::source(error);
        return error.is_closed() || cause.is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    };
    let states = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    states.contains(state) || state.code().starts_with("08")
}

/// Whether trying again soon makes sense: conflicts with others, limits of the server, or time that is up.
pub(in crate::storage) fn is_temporary(error: &Error) -> bool {
    const CLASSES: [&str; 2] = ["40", "53"];
    error.code().is_some_and(|state| {
        let times = [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE];
        times.contains(state) || CLASSES.iter().any(|class| state.code().starts_with(class))
    })
}

/// The error and its causes.
pub(super) fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
