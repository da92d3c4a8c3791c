//! Reading and writing one option's value: from JSON (script, config file) and from text (environment,
//! flags).
//!
//! A type's implementation is all that the option table needs to know about it. Errors say what was expected;
//! the caller adds path, source and the value.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::duration;

/// What a value should have been, to follow the option's name: "must be an integer".
pub type Expected = String;

/// A type that options can have.
pub trait OptionValue: Sized {
    /// Reads a JSON value. `null` never arrives here: it means "not set".
    fn from_json(value: &Value) -> Result<Self, Expected>;

    /// Reads the text of an environment variable or a flag.
    fn from_text(text: &str) -> Result<Self, Expected> {
        Self::from_json(&Value::String(text.to_owned()))
    }

    /// Writes the value in k6's JSON form.
    fn to_json(&self) -> Value;
}

macro_rules! integer_options {
    ($($integer:ty),*) => {$(
        impl OptionValue for $integer {
            fn from_json(value: &Value) -> Result<Self, Expected> {
                match value {
                    Value::Number(number) => number.to_string().parse().map_err(|_| integer_expected(value)),
                    Value::String(text) => Self::from_text(text),
                    _ => Err(integer_expected(value)),
                }
            }

            fn from_text(text: &str) -> Result<Self, Expected> {
                text.trim().parse().map_err(|_| integer_expected(&Value::from(text)))
            }

            fn to_json(&self) -> Value {
                Value::from(*self)
            }
        }
    )*};
}

integer_options!(u32, u64);

fn integer_expected(value: &Value) -> Expected {
    let negative = match value {
        Value::Number(number) => number.as_i64().is_some_and(i64::is_negative),
        Value::String(text) => text.trim().parse::<i64>().is_ok_and(i64::is_negative),
        _ => false,
    };
    if negative { "can't be negative".to_owned() } else { "must be an integer".to_owned() }
}

impl OptionValue for bool {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }

    fn from_text(text: &str) -> Result<Self, Expected> {
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }

    fn to_json(&self) -> Value {
        Value::Bool(*self)
    }
}

impl OptionValue for String {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        value.as_str().map(str::to_owned).ok_or_else(|| "must be a string".to_owned())
    }

    fn to_json(&self) -> Value {
        Value::String(self.clone())
    }
}

impl OptionValue for Duration {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => plain_number(number),
            _ => return Err("must be a duration (30s, 1m30s, or a number of milliseconds)".to_owned()),
        };
        duration::parse_extended(&text).map_err(|error| format!("must be a duration: {error}"))
    }

    fn to_json(&self) -> Value {
        Value::String(duration::format(*self))
    }
}

/// A JSON number without an exponent, so that the duration grammar can read it.
fn plain_number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// A list: an array in JSON, comma-separated in text.
impl<T: OptionValue> OptionValue for Vec<T> {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let items = value.as_array().ok_or_else(|| "must be an array".to_owned())?;
        let read = |(index, item)| T::from_json(item).map_err(|expected| format!("item {index} {expected}"));
        items.iter().enumerate().map(read).collect()
    }

    fn from_text(text: &str) -> Result<Self, Expected> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(T::from_text).collect()
    }

    fn to_json(&self) -> Value {
        self.iter().map(OptionValue::to_json).collect()
    }
}

/// String pairs in an object, for example `hosts` or a scenario's `env`.
impl OptionValue for BTreeMap<String, String> {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let object = value.as_object().ok_or_else(|| "must be an object of strings".to_owned())?;
        let pair = |(key, value): (&String, &Value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            _ => Err(format!("must be an object of strings, but `{key}` is not one")),
        };
        object.iter().map(pair).collect()
    }

    fn to_json(&self) -> Value {
        self.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
    }
}

/// JSON that is passed on unread.
impl OptionValue for Value {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        Ok(value.clone())
    }

    fn to_json(&self) -> Value {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_take_numeric_strings_but_no_fractions() {
        assert_eq!(u64::from_json(&json!("2")), Ok(2));
        assert_eq!(u64::from_json(&json!(7)), Ok(7));
        assert_eq!(u64::from_json(&json!(1.5)), Err("must be an integer".to_owned()));
        assert_eq!(u32::from_json(&json!(-1)), Err("can't be negative".to_owned()));
        assert_eq!(u32::from_json(&json!([])), Err("must be an integer".to_owned()));
    }

    #[test]
    fn durations_take_numbers_as_milliseconds() {
        assert_eq!(Duration::from_json(&json!(1500)), Ok(Duration::from_millis(1500)));
        assert_eq!(Duration::from_json(&json!(0.5)), Ok(Duration::from_micros(500)));
        assert_eq!(Duration::from_json(&json!("1m")), Ok(Duration::from_secs(60)));
        assert!(Duration::from_json(&json!(-1)).is_err_and(|expected| expected.contains("negative")));
    }

    #[test]
    fn lists_name_the_bad_item() {
        assert_eq!(Vec::<u32>::from_json(&json!([1, "x"])), Err("item 1 must be an integer".to_owned()));
        assert_eq!(Vec::<String>::from_text("a, b,"), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }
}
