//! From rows to values, and the three ways of running a statement.

use std::error::Error;

use bytes::BytesMut;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::clock::Timestamp;
use crate::model::Vocabulary;
use crate::storage::StorageError;

/// The values of a statement's parameters.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// All rows. The statement is prepared once for each connection.
pub(super) async fn all<C: GenericClient>(
    c: &C,
    sql: &str,
    values: Values<'_>,
) -> Result<Vec<Row>, StorageError> {
    let statement = c.prepare_cached(sql).await?;
    Ok(c.query(&statement, values).await?)
}

/// The row of a statement that has at most one.
pub(super) async fn first<C: GenericClient>(
    c: &C,
    sql: &str,
    values: Values<'_>,
) -> Result<Option<Row>, StorageError> {
    let statement = c.prepare_cached(sql).await?;
    Ok(c.query_opt(&statement, values).await?)
}

/// How many rows a statement changed.
pub(super) async fn execute<C: GenericClient>(
    c: &C,
    sql: &str,
    values: Values<'_>,
) -> Result<usize, StorageError> {
    let statement = c.prepare_cached(sql).await?;
    let changed = c.execute(&statement, values).await?;
    Ok(usize::try_from(changed).unwrap_or(usize::MAX))
}

/// Collects what `read` makes of each row.
pub(super) fn collect<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, StorageError>,
) -> Result<Vec<T>, StorageError> {
    rows.iter().map(read).collect()
}

/// Reads a column that holds a word of a closed vocabulary.
pub(super) fn word<T: Vocabulary>(row: &Row, column: &'static str) -> Result<T, StorageError> {
    let value: &str = row.try_get(column)?;
    T::parse(value).ok_or_else(|| StorageError::Corrupt {
        column,
        value: value.to_owned(),
        expected: std::any::type_name::<T>(),
    })
}

/// Reads a count.
pub(super) fn count(row: &Row, column: &str) -> Result<u64, StorageError> {
    Ok(row.try_get::<_, i64>(column)?.try_into().unwrap_or(0))
}

/// The beginning of the year 2000, from where PostgreSQL counts microseconds.
const EPOCH_MS: i64 = 946_684_800_000;

impl ToSql for Timestamp {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.saturating_sub(EPOCH_MS).saturating_mul(1000).to_sql(&Type::INT8, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_sql(&Type::INT8, raw)?;
        Ok(Self(micros.div_euclid(1000).saturating_add(EPOCH_MS)))
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_milliseconds() {
        for ms in [0, 1, -1, 946_684_799_999, 1_767_225_599_042] {
            let mut bytes = BytesMut::new();
            Timestamp(ms).to_sql(&Type::TIMESTAMPTZ, &mut bytes).expect("a number");
            assert_eq!(Timestamp::from_sql(&Type::TIMESTAMPTZ, &bytes).expect("a number"), Timestamp(ms));
        }
    }
}
