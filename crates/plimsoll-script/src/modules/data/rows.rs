//! Rows of data, stored once for all VUs of the process.
//!
//! A row is JSON text, all rows are one text with the places where they end: about the size of the file that
//! they came from, and without any pointer into a runtime. Whoever reads a row gets an object of his own.
//! Rows of a table (CSV) are arrays that share one list of keys. Start at [`RowsBuilder`].

use rquickjs::object::Filter;
use rquickjs::{Atom, Ctx, Object, Result, Value};

use crate::quickjs;

/// The most text that rows may have together, in bytes: places are 32 bits wide.
const TEXT_LIMIT: usize = u32::MAX as usize;

/// Rows that can be read by every thread.
#[derive(Debug)]
pub(crate) struct Rows {
    text: Box<str>,
    /// Where each row ends; the next one begins there.
    ends: Box<[u32]>,
    /// The keys of each row's values, for rows that are objects and stored as arrays.
    keys: Option<Box<[Box<str>]>>,
}

/// The rows are too many.
#[derive(Debug, thiserror::Error)]
#[error("the rows have more than {TEXT_LIMIT} bytes of JSON")]
pub(crate) struct TooLarge;

/// Gathers rows.
#[derive(Default)]
pub(crate) struct RowsBuilder {
    text: String,
    ends: Vec<u32>,
}

impl RowsBuilder {
    /// Adds a row as JSON text. An empty text is a row that cannot be read, as of `undefined`.
    pub(crate) fn push(&mut self, json: &str) -> std::result::Result<(), TooLarge> {
        let end = self.text.len() + json.len();
        if end > TEXT_LIMIT {
            return Err(TooLarge);
        }
        self.text.push_str(json);
        self.ends.push(end as u32);
        Ok(())
    }

    /// Adds a row of texts.
    pub(crate) fn push_fields<'a>(
        &mut self,
        fields: impl Iterator<Item = &'a str>,
    ) -> std::result::Result<(), TooLarge> {
        let fields: Vec<&str> = fields.collect();
        self.push(&serde_json::to_string(&fields).expect("texts are JSON"))
    }

    /// The rows as they are.
    pub(crate) fn finish(self) -> Rows {
        Rows { text: self.text.into_boxed_str(), ends: self.ends.into_boxed_slice(), keys: None }
    }

    /// The rows as objects with these keys; each row is an array of as many values.
    pub(crate) fn finish_with_keys(self, keys: Vec<String>) -> Rows {
        let keys = keys.into_iter().map(String::into_boxed_str).collect();
        Rows { keys: Some(keys), ..self.finish() }
    }
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a row that exists.
    fn json(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[index] as usize]
    }

    /// Makes the JavaScript value of a row that exists; the caller's own.
    pub(crate) fn make<'js>(&self, ctx: &Ctx<'js>, index: usize) -> Result<Value<'js>> {
        let value = ctx.json_parse(self.json(index))?;
        let Some((keys, values)) = self.keys.as_deref().zip(value.as_array()) else { return Ok(value) };
        let row = Object::new(ctx.clone())?;
        for (key, value) in keys.iter().zip(values.iter::<Value<'js>>()) {
            row.set(&**key, value?)?;
        }
        Ok(row.into_value())
    }

    /// The same, frozen through and through.
    pub(crate) fn make_frozen<'js>(&self, ctx: &Ctx<'js>, index: usize) -> Result<Value<'js>> {
        let value = self.make(ctx, index)?;
        freeze(&value)?;
        Ok(value)
    }
}

/// Freezes what is reachable. JSON has no cycles, but may be nested deeper than a stack is.
pub(crate) fn freeze(value: &Value<'_>) -> Result<()> {
    let mut waiting: Vec<_> = value.as_object().cloned().into_iter().collect();
    while let Some(object) = waiting.pop() {
        quickjs::freeze(&object)?;
        for property in object.own_props::<Atom<'_>, Value<'_>>(Filter::new().string()) {
            waiting.extend(property?.1.into_object());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lie_side_by_side() {
        let mut builder = RowsBuilder::default();
        for row in ["{\"a\":1}", "", "\"ü\""] {
            builder.push(row).expect("small");
        }
        builder.push_fields(["a\"b", ""].into_iter()).expect("small");
        let rows = builder.finish();
        let texts: Vec<&str> = (0..rows.len()).map(|index| rows.json(index)).collect();
        assert_eq!(texts, ["{\"a\":1}", "", "\"ü\"", r#"["a\"b",""]"#]);
        assert_eq!((rows.text.len(), rows.ends.len()), (7 + 4 + 11, 4));
    }
}
