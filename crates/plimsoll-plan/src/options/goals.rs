//! The option `goals`, as written.

use serde_json::Value;

use super::value::{Expected, OptionValue};

/// Goals as written: each row is read and checked when the plan is resolved, so that one report covers them
/// all.
#[derive(Debug, Clone, PartialEq)]
pub enum GoalSpecs {
    /// The rows of the table.
    Rows(Vec<Value>),
    /// A file that holds them; whoever resolves the plan reads it before.
    File(String),
}

impl Default for GoalSpecs {
    fn default() -> Self {
        Self::Rows(Vec::new())
    }
}

impl OptionValue for GoalSpecs {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let rows = value.as_array().cloned().map(Self::Rows);
        rows.ok_or_else(|| "must be a list of objects with name, metric, target and critical".to_owned())
    }

    /// Neither variables nor flags hold tables: they name a file.
    fn from_text(text: &str) -> Result<Self, Expected> {
        Ok(Self::File(text.to_owned()))
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Rows(rows) => Value::Array(rows.clone()),
            Self::File(path) => Value::from(path.as_str()),
        }
    }
}
