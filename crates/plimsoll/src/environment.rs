//! The process's environment as text, and where it says that states are kept.

use std::path::PathBuf;

/// Names and values. What is not Unicode is shown with replacement characters: `std::env::vars` would panic.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// The value of one; `None` when it is empty.
pub(crate) fn variable(wanted: &str) -> Option<String> {
    let value = std::env::var_os(wanted)?.to_string_lossy().into_owned();
    Some(value).filter(|value| !value.is_empty())
}

/// The folder for what is kept from run to run: `$XDG_STATE_HOME/plimsoll`, or that of `~/.local/state`; on
/// Windows that of `%LOCALAPPDATA%`. `None` for somebody without a home.
pub(crate) fn state_folder() -> Option<PathBuf> {
    state_folder_by(variable)
}

fn state_folder_by(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    // The standard wants what is not absolute to be ignored.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".local/state"));
    let state = absolute("XDG_STATE_HOME").or_else(home).or_else(|| absolute("LOCALAPPDATA"))?;
    Some(state.join("plimsoll"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_kept_where_the_system_keeps_them() {
        let folder = |pairs: &[(&str, &str)]| {
            let value = |wanted: &str| {
                let pair = pairs.iter().find(|(name, _)| *name == wanted);
                pair.map(|(_, value)| (*value).to_owned())
            };
            state_folder_by(value)
        };
        assert_eq!(folder(&[("HOME", "/h")]), Some("/h/.local/state/plimsoll".into()));
        assert_eq!(folder(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), Some("/s/plimsoll".into()));
        assert_eq!(folder(&[("LOCALAPPDATA", "/l")]), Some("/l/plimsoll".into()));
        assert_eq!(folder(&[("XDG_STATE_HOME", "s"), ("HOME", "")]), None);
    }
}
