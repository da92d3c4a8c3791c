//! The process's environment as text.

/// Names and values. What is not Unicode is shown with replacement characters: `std::env::vars` would panic.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}
