//! From rows to values, and from words to FTS5 queries.

use rusqlite::Row;

use crate::clock::Timestamp;
use crate::model::Vocabulary;
use crate::storage::StorageError;

/// Reads a column that holds a word of a closed vocabulary.
pub(super) fn word<T: Vocabulary>(row: &Row<'_>, column: &'static str) -> Result<T, StorageError> {
    let value: String = row.get(column)?;
    T::parse(&value).ok_or(StorageError::Corrupt { column, value, expected: std::any::type_name::<T>() })
}

/// Reads a column that holds a point in time.
pub(super) fn time(row: &Row<'_>, column: &str) -> Result<Timestamp, StorageError> {
    Ok(Timestamp(row.get(column)?))
}

/// Reads a count.
pub(super) fn count(row: &Row<'_>, column: &str) -> Result<u64, StorageError> {
    Ok(row.get::<_, i64>(column)?.try_into().unwrap_or(0))
}

/// Collects what `read` makes of each row.
pub(super) fn collect<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, StorageError>,
) -> Result<Vec<T>, StorageError> {
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}

/// What `read` makes of the first row, if there is one.
pub(super) fn first<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, StorageError>,
) -> Result<Option<T>, StorageError> {
    rows.next()?.map(read).transpose()
}

/// The FTS5 query for rows that contain every word.
///
/// Each word becomes a quoted string, so none can be taken for an operator, a column or a syntax error.
pub(super) fn match_all(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_operators() {
        let words = ["NEAR".to_owned(), "a\" OR \"b".to_owned()];
        assert_eq!(match_all(&words), "\"NEAR\" \"a\"\" OR \"\"b\"");
        assert_eq!(match_all(&[]), "");
    }
}
