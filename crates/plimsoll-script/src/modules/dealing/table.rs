//! From a file to rows: CSV with a header, JSON arrays, NDJSON.

use serde_json::value::RawValue;

use crate::fiber;
use crate::modules::csv;
use crate::modules::data::{Rows, RowsBuilder};

/// How a file says what its rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A header, then records; every value is a text.
    Csv {
        /// What separates the fields.
        delimiter: u8,
    },
    /// One array.
    Json,
    /// A value on each line.
    Ndjson,
}

impl Format {
    /// The format that a word stands for: an option's, or the end of a file's name.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "csv" => Format::Csv { delimiter: b',' },
            "tsv" => Format::Csv { delimiter: b'\t' },
            "json" => Format::Json,
            "ndjson" | "jsonl" => Format::Ndjson,
            _ => return None,
        })
    }
}

/// The rows of a file.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn read(bytes: &[u8], format: Format) -> Result<Rows, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 (byte {})", error.valid_up_to()))?;
    match format {
        Format::Csv { delimiter } => of_csv(text, delimiter),
        Format::Json => of_json(text),
        Format::Ndjson => of_ndjson(text),
    }
}

fn of_csv(text: &str, delimiter: u8) -> Result<Rows, String> {
    let mut reader = csv::reader(text.as_bytes(), delimiter);
    let mut records = reader.records();
    let keys = match records.next() {
        Some(header) => header.map_err(|error| error.to_string())?,
        None => return Err("it is empty; the first line must name the columns".into()),
    };
    let keys: Vec<String> = keys.iter().map(str::to_owned).collect();
    let mut rows = RowsBuilder::default();
    for record in records {
        let record = record.map_err(|error| error.to_string())?;
        rows.push_fields(record.iter()).map_err(|error| error.to_string())?;
        fiber::preempt_if_due();
    }
    Ok(rows.finish_with_keys(keys))
}

fn of_json(text: &str) -> Result<Rows, String> {
    let values: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| format!("it is not an array of JSON values: {error}"))?;
    let mut rows = RowsBuilder::default();
    for value in values {
        rows.push(value.get()).map_err(|error| error.to_string())?;
        fiber::preempt_if_due();
    }
    Ok(rows.finish())
}

fn of_ndjson(text: &str) -> Result<Rows, String> {
    let mut rows = RowsBuilder::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let value: &RawValue =
            serde_json::from_str(line).map_err(|error| format!("line {number} is not JSON: {error}"))?;
        rows.push(value.get()).map_err(|error| error.to_string())?;
        fiber::preempt_if_due();
    }
    Ok(rows.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str, word: &str) -> Result<usize, String> {
        read(text.as_bytes(), Format::of_word(word).expect("a format")).map(|rows| rows.len())
    }

    #[test]
    fn rows_are_counted() {
        assert_eq!(count("name,age\nada,36\n\"a\nb\",1\n", "csv"), Ok(2));
        assert_eq!(count("\u{feff}name\tage\nada\t36", "TSV"), Ok(1));
        assert_eq!(count("[1, {\"a\": [2]}, null]", "json"), Ok(3));
        assert_eq!(count("{\"a\":1}\r\n\n 2 \n", "jsonl"), Ok(2));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let said = |text, word| count(text, word).expect_err("wrong");
        assert!(said("a,b\n1\n", "csv").contains("line: 2"), "{}", said("a,b\n1\n", "csv"));
        assert!(said("", "csv").contains("must name the columns"));
        assert!(said("{}", "json").contains("not an array"));
        assert!(said("1\n{\n", "ndjson").starts_with("line 2 is not JSON"));
        assert_eq!(read(b"\xff", Format::Json).expect_err("wrong"), "it is not UTF-8 (byte 0)");
    }
}
