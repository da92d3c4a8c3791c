//! What of k6's API is there, symbol by symbol.
//!
//! Knows no JavaScript: the table is data (`k6.toml` beside this file), from which the documentation is
//! generated, and which tests hold against what a VU sees. Start at [`Compat::load`].

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Compat {
    /// By the name of a module, or `module Class`.
    pub sections: BTreeMap<String, BTreeMap<String, Symbol>>,
}

/// One symbol of k6's API, or of ours.
#[derive(Debug, Deserialize)]
pub struct Symbol(pub Kind, pub State, #[serde(default)] pub Option<String>);

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The module as a whole.
    Module,
    /// A function.
    Function,
    /// What is called with `new`.
    Class,
    /// A value that does not change.
    Constant,
    /// An object with members of its own.
    Namespace,
    /// A function of an object.
    Method,
    /// A value of an object.
    Property,
}

/// What became of a symbol here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum State {
    /// It does what k6's does.
    #[serde(rename = "supported")]
    Supported,
    /// It is there, and the note says what is other than in k6.
    #[serde(rename = "differs")]
    Differs,
    /// It will be there.
    #[serde(rename = "not yet")]
    NotYet,
    /// It will not be there, and the note says why.
    #[serde(rename = "never")]
    Never,
    /// It is not in k6.
    #[serde(rename = "ours")]
    Ours,
}

impl State {
    /// Whether scripts can use it.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, State::Supported | State::Differs | State::Ours)
    }
}

impl Compat {
    /// Reads the table.
    ///
    /// # Panics
    /// When it is malformed, which a test would have found.
    #[must_use]
    pub fn load() -> Self {
        toml::from_str(include_str!("k6.toml")).expect("a test reads it")
    }

    /// The names of all modules, `globals` and `import.meta` among them.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str).filter(|section| !section.contains(' '))
    }

    /// Whether something of a module can be imported.
    #[must_use]
    pub fn is_there(&self, module: &str) -> bool {
        self.sections.get(module).is_some_and(|rows| rows.values().any(|symbol| symbol.1.is_there()))
    }

    /// Why a module as a whole will never be there.
    #[must_use]
    pub fn why_never(&self, module: &str) -> Option<&str> {
        let section = if module.starts_with("k6/x/") { "k6/x/*" } else { module };
        self.symbol(section, "*").filter(|row| row.1 == State::Never)?.2.as_deref()
    }

    /// A symbol of a section.
    #[must_use]
    pub fn symbol(&self, section: &str, name: &str) -> Option<&Symbol> {
        self.sections.get(section)?.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let compat = Compat::load();
        assert!(compat.is_there("k6/http") && !compat.is_there("k6/x/*"));
        let Symbol(kind, state, note) = compat.symbol("k6", "randomSeed").expect("a row");
        assert_eq!((*kind, *state, note.is_some()), (Kind::Function, State::Differs, true));
    }

    #[test]
    fn every_section_belongs_to_a_module() {
        let compat = Compat::load();
        for section in compat.sections.keys() {
            let module = section.split(' ').next().unwrap_or_default();
            assert!(compat.sections.contains_key(module), "[{section}] has no [{module}]");
        }
    }
}
