//! Values in the text that the server writes, by their types.

use crate::sql::calendar;
use crate::sql::value::Value;

/// Numbers of types, which PostgreSQL promises never to change.
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const BYTEA: u32 = 17;
    pub(super) const CHAR: u32 = 18;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const VARCHAR: u32 = 1043;
    pub(super) const DATE: u32 = 1082;
    pub(super) const TIME: u32 = 1083;
    pub(super) const TIMESTAMP: u32 = 1114;
    pub(super) const TIMESTAMPTZ: u32 = 1184;
    pub(super) const TIMETZ: u32 = 1266;
}

/// The value of a type; what is not what its type promises stays as it is.
pub(super) fn decode(kind: u32, text: &[u8]) -> Value {
    let as_it_is = || Value::Bytes(text.to_vec());
    let Ok(words) = std::str::from_utf8(text) else { return as_it_is() };
    let decoded = match kind {
        oid::BOOL => Some(Value::Bool(words == "t")),
        oid::INT2 | oid::INT4 | oid::INT8 => words.parse().ok().map(Value::Int),
        oid::FLOAT4 | oid::FLOAT8 => words.parse().ok().map(Value::Float),
        oid::CHAR | oid::TEXT | oid::VARCHAR | oid::TIME | oid::TIMETZ => Some(Value::Text(words.to_owned())),
        oid::DATE | oid::TIMESTAMP | oid::TIMESTAMPTZ => calendar::parse(words).map(Value::Time),
        oid::BYTEA => hexadecimal(words).map(Value::Bytes),
        _ => None,
    };
    decoded.unwrap_or_else(as_it_is)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?.as_bytes();
    let pairs = digits.chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A parameter: whether it is in binary, and its bytes; `None` for NULL.
pub(super) fn encode(value: &Value) -> (bool, Option<Vec<u8>>) {
    let text = match value {
        Value::Null => return (false, None),
        // Bytes are the same in binary for bytea and for texts, whose types are not known yet.
        Value::Bytes(bytes) => return (true, Some(bytes.clone())),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Large(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Time(at) => format!("{}Z", calendar::format(*at)),
    };
    (false, Some(text.into_bytes()))
}

/// How many rows a statement has changed: the last word of what it was, as in `INSERT 0 4`.
pub(super) fn rows_affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_decide() {
        for (kind, text, expected) in [
            (oid::BOOL, "t", Value::Bool(true)),
            (oid::BOOL, "f", Value::Bool(false)),
            (oid::INT8, "-9223372036854775808", Value::Int(i64::MIN)),
            (oid::FLOAT8, "NaN", Value::Float(f64::NAN)),
            (oid::FLOAT8, "-Infinity", Value::Float(f64::NEG_INFINITY)),
            (oid::VARCHAR, "ä", Value::Text("ä".into())),
            (oid::TIMETZ, "10:00:00+01", Value::Text("10:00:00+01".into())),
            (oid::TIMESTAMP, "1970-01-01 00:00:01", Value::Time(1000.0)),
            (oid::TIMESTAMPTZ, "infinity", Value::Bytes(b"infinity".to_vec())),
            (oid::BYTEA, "\\x00ff", Value::Bytes(vec![0, 255])),
            (1700, "1.50", Value::Bytes(b"1.50".to_vec())),
        ] {
            // Formatted, since NaN equals nothing.
            let decoded = decode(kind, text.as_bytes());
            assert_eq!(format!("{decoded:?}"), format!("{expected:?}"), "{kind} {text}");
        }
    }

    #[test]
    fn tags_count() {
        for (tag, expected) in
            [("INSERT 0 4", 4), ("UPDATE 12", 12), ("SELECT 3", 3), ("CREATE TABLE", 0), ("", 0)]
        {
            assert_eq!(rows_affected(tag), expected, "{tag}");
        }
    }
}
