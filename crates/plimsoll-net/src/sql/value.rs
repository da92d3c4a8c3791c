//! Values of a database, and the answer to a statement.

use super::error::SqlError;

/// Bytes of all values of an answer.
const ANSWER_LIMIT: usize = 512 << 20;
/// Values of an answer.
const VALUES_LIMIT: usize = 10_000_000;

/// A parameter, or a value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that is larger.
    Large(u64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes, or the text of a type that has no counterpart.
    Bytes(Vec<u8>),
    /// A point in time, in milliseconds since 1970.
    Time(f64),
}

impl Value {
    fn size(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            // Scripts get them as a list of numbers.
            Value::Bytes(bytes) => bytes.len() * 16,
            _ => 0,
        }
    }
}

/// What a statement has led to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The values, row by row.
    pub values: Vec<Value>,
    /// How many rows the statement has changed.
    pub rows_affected: u64,
    /// The number that the database gave to the row inserted last; `None` when it does not tell.
    pub last_insert_id: Option<i64>,
    bytes: usize,
}

impl Answer {
    /// An answer without rows.
    pub(super) fn new(rows_affected: u64, last_insert_id: Option<i64>) -> Self {
        Answer { rows_affected, last_insert_id, ..Answer::default() }
    }

    /// The rows.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, Value> {
        self.values.chunks_exact(self.columns.len().max(1))
    }

    /// Adds a value.
    ///
    /// # Errors
    /// When there is too much already.
    pub(super) fn push(&mut self, value: Value) -> Result<(), SqlError> {
        self.bytes += value.size();
        if self.bytes > ANSWER_LIMIT {
            return Err(SqlError::TooLarge { limit: "512 MiB" });
        }
        if self.values.len() >= VALUES_LIMIT {
            return Err(SqlError::TooLarge { limit: "10 million values" });
        }
        self.values.push(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_an_end() {
        let mut answer = Answer::default();
        for _ in 0..VALUES_LIMIT {
            answer.push(Value::Null).expect("not too many");
        }
        assert_eq!(answer.push(Value::Null), Err(SqlError::TooLarge { limit: "10 million values" }));
        let mut answer = Answer::default();
        answer.push(Value::Bytes(vec![0; ANSWER_LIMIT / 16])).expect("not too much");
        assert_eq!(answer.push(Value::Text("a".into())), Err(SqlError::TooLarge { limit: "512 MiB" }));
    }

    #[test]
    fn an_answer_without_columns_has_no_rows() {
        assert_eq!(Answer::default().rows().count(), 0);
    }
}
