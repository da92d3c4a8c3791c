//! Amounts of memory: `512MiB`, `1.5GB`, or a number of bytes.

use std::fmt;

use serde_json::Value;

use super::value::{Expected, OptionValue};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Units; the largest that divides a size writes it.
const UNITS: [(&str, u64); 6] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

impl Size {
    /// So many times 1,048,576 bytes.
    pub const fn mebibytes(count: u64) -> Self {
        Size(count << 20)
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = &text[digits.len()..];
        let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let bytes = known.map(|(_, bytes)| *bytes).or((unit.is_empty() || unit == "B").then_some(1))?;
        let count: f64 = digits.trim_end().parse().ok()?;
        let size = count * bytes as f64;
        // Beyond 2^53 a float no longer holds each whole number, and no machine so much memory.
        (size >= 0.0 && size <= (1u64 << 53) as f64).then_some(Size(size as u64))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().filter(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        match whole.max_by_key(|(_, bytes)| bytes) {
            Some((unit, bytes)) => write!(f, "{}{unit}", self.0 / bytes),
            None => self.0.fmt(f),
        }
    }
}

impl OptionValue for Size {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let size = match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        };
        size.ok_or_else(|| "must be a number of bytes or a size such as 512MiB or 2GB".to_owned())
    }

    fn to_json(&self) -> Value {
        Value::String(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        for (value, bytes) in [
            (json!("512MiB"), 512 << 20),
            (json!("1.5 GiB"), 3 << 29),
            (json!("2GB"), 2_000_000_000),
            (json!("10kb"), 10_000),
            (json!("100B"), 100),
            (json!("77"), 77),
            (json!(1_048_576), 1 << 20),
            (json!(0), 0),
        ] {
            assert_eq!(Size::from_json(&value), Ok(Size(bytes)), "{value}");
        }
        for value in [json!("much"), json!("1 XB"), json!(-1), json!("-1MB"), json!("1e99GB"), json!(true)] {
            assert!(Size::from_json(&value).is_err_and(|text| text.contains("512MiB")), "{value}");
        }
    }

    #[test]
    fn sizes_are_written_so_that_they_can_be_read() {
        for text in ["1GiB", "1536MiB", "2GB", "77", "0"] {
            assert_eq!(Size::from_json(&json!(text)).map(|size| size.to_string()), Ok(text.to_owned()));
        }
    }
}
