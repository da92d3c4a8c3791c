//! The headers of a request, in the order in which they go out.
//!
//! Names are kept in canonical form (`X-Request-Id`) and sorted, because that is what k6 puts on the wire.
//! All text lives in one string, so that a set of headers costs two allocations, whatever its size.

use std::fmt;

/// Header fields sorted by canonical name; fields of one name stay in the order in which they were added.
#[derive(Clone, Default)]
pub struct RequestHeaders {
    text: String,
    fields: Vec<Field>,
}

#[derive(Clone, Copy)]
struct Field {
    name_at: usize,
    value_at: usize,
    end: usize,
}

impl RequestHeaders {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `name` to `value`, replacing all fields of that name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a field and keeps others of the same name.
    pub fn append(&mut self, name: &str, value: &str) {
        let name_at = self.text.len();
        push_canonical(&mut self.text, name);
        let value_at = self.text.len();
        self.text.push_str(value);
        let field = Field { name_at, value_at, end: self.text.len() };
        let canonical = &self.text[name_at..value_at];
        let position =
            self.fields.partition_point(|other| &self.text[other.name_at..other.value_at] <= canonical);
        self.fields.insert(position, field);
    }

    /// Removes all fields of that name.
    pub fn remove(&mut self, name: &str) {
        let text = &self.text;
        self.fields.retain(|field| !text[field.name_at..field.value_at].eq_ignore_ascii_case(name));
    }

    /// The first value of that name; case does not matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|field| (&self.text[field.name_at..field.value_at], &self.text[field.value_at..field.end]))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl fmt::Debug for RequestHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for RequestHeaders {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for RequestHeaders {}

/// Upper case for the first letter and every letter after a dash, lower case for the rest. A name that is no
/// token is kept as it is, so that the error about it can show it.
fn push_canonical(out: &mut String, name: &str) {
    if !is_token(name) {
        out.push_str(name);
        return;
    }
    let mut start_of_word = true;
    for letter in name.chars() {
        out.push(if start_of_word { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() });
        start_of_word = letter == '-';
    }
}

/// Whether `text` is an RFC 9110 token: what method and header names are made of.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(headers: &RequestHeaders) -> String {
        headers.iter().map(|(name, value)| format!("{name}={value};")).collect()
    }

    #[test]
    fn names_are_canonical_and_sorted() {
        let mut headers = RequestHeaders::new();
        headers.set("x-request-ID", "7");
        headers.set("ACCEPT", "*/*");
        headers.set("content-type", "text/plain");
        assert_eq!(wire(&headers), "Accept=*/*;Content-Type=text/plain;X-Request-Id=7;");
    }

    #[test]
    fn set_replaces_and_append_keeps_the_order_of_equals() {
        let mut headers = RequestHeaders::new();
        headers.append("a", "1");
        headers.append("A", "2");
        headers.append("b", "3");
        assert_eq!(wire(&headers), "A=1;A=2;B=3;");
        headers.set("a", "4");
        assert_eq!(wire(&headers), "A=4;B=3;");
        headers.remove("A");
        assert_eq!((headers.get("a"), headers.get("B")), (None, Some("3")));
    }

    #[test]
    fn what_is_no_token_is_kept_for_the_error_message() {
        let mut headers = RequestHeaders::new();
        headers.set("bad name", "x");
        assert_eq!(wire(&headers), "bad name=x;");
    }
}
