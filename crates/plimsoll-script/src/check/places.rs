//! Where the options of a test are written.

use std::sync::Arc;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::exports;
use crate::entry::Entry;
use crate::error::Location;
use crate::source::Source;

/// The places of options in the entry script, by path: `thresholds.http_req_duration[0]`.
#[derive(Debug, Clone, Default)]
pub struct OptionPlaces(Vec<(String, Location)>);

impl OptionPlaces {
    /// Reads the script alone, none of what it imports. A script that cannot be read has none.
    #[must_use]
    pub fn read(entry: &Entry) -> Self {
        let text = std::str::from_utf8(&entry.data).map(Arc::from);
        let source = text.ok().and_then(|text| Source::parse(entry.id.clone(), &text).ok());
        let Some(source) = source else { return Self::default() };
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &source.text, SourceType::mjs()).parse();
        Self::in_module(&parsed.program, &source)
    }

    pub(super) fn in_module(program: &Program<'_>, source: &Source) -> Self {
        let places = exports::options(program).into_iter();
        Self(places.map(|(path, span)| (path, source.location(span))).collect())
    }

    /// Where an option is written: that of `path`, or of what it is a part of.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&Location> {
        let is_part = |whole: &str| {
            path.strip_prefix(whole)
                .is_some_and(|rest| whole.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let holding = self.0.iter().filter(|(whole, _)| is_part(whole));
        holding.max_by_key(|(whole, _)| whole.len()).map(|(_, place)| place)
    }
}
