//! The pseudo-classes.

use super::nth::Nth;
use super::parse::Parser;
use super::scan::SyntaxError;
use super::{Selector, Simple};

/// jQuery's words for a part of the result, which are methods here.
const POSITIONS: [(&str, &str); 6] = [
    ("eq", ".eq(2)"),
    ("first", ".first()"),
    ("last", ".last()"),
    ("lt", ".slice(0, 2)"),
    ("gt", ".slice(3)"),
    ("nth", ".eq(2)"),
];

/// Reads one, the colon included.
pub(super) fn parse(parser: &mut Parser<'_>) -> Result<Simple, SyntaxError> {
    let at = parser.scanner.at();
    parser.scanner.expect(":")?;
    let name = parser.scanner.name("a known pseudo-class").map_err(|_| unknown(parser, at, ""))?;
    let name = name.to_ascii_lowercase();
    if !parser.scanner.take("(") {
        return plain(&name).ok_or_else(|| unknown(parser, at, &name));
    }
    parser.scanner.skip_space();
    let simple = match with_argument(parser, &name) {
        Some(simple) => simple?,
        None => return Err(unknown(parser, at, &name)),
    };
    parser.scanner.skip_space();
    parser.scanner.expect(")")?;
    Ok(simple)
}

fn unknown(parser: &Parser<'_>, at: usize, name: &str) -> SyntaxError {
    match POSITIONS.iter().find(|(known, _)| *known == name) {
        Some((_, method)) => {
            parser.scanner.error_at(at, &format!("a pseudo-class of CSS; use {method} on the selection"))
        }
        None => parser.scanner.error_at(at, "a known pseudo-class"),
    }
}

fn plain(name: &str) -> Option<Simple> {
    Some(match name {
        "first-child" => Simple::Nth(Nth::at(1, false, false)),
        "last-child" => Simple::Nth(Nth::at(1, true, false)),
        "first-of-type" => Simple::Nth(Nth::at(1, false, true)),
        "last-of-type" => Simple::Nth(Nth::at(1, true, true)),
        "only-child" => Simple::OnlyChild,
        "only-of-type" => Simple::OnlyOfType,
        "empty" => Simple::Empty,
        "root" => Simple::Root,
        "scope" => Simple::Scope,
        "input" => Simple::Input,
        "link" | "any-link" => Simple::Link,
        "enabled" => Simple::Enabled,
        "disabled" => Simple::Disabled,
        "checked" | "selected" => Simple::Checked,
        "active" | "focus" | "hover" | "target" | "visited" => Simple::Never,
        _ => return None,
    })
}

fn with_argument(parser: &mut Parser<'_>, name: &str) -> Option<Result<Simple, SyntaxError>> {
    let nested = |parser: &mut Parser<'_>, make: fn(Selector) -> Simple| parser.inner_list().map(make);
    let nth = |parser: &mut Parser<'_>, from_end, of_type| {
        Nth::parse(&mut parser.scanner, from_end, of_type).map(Simple::Nth)
    };
    Some(match name {
        "not" => nested(parser, Simple::Not),
        "is" | "where" => nested(parser, Simple::Is),
        "has" => nested(parser, Simple::Has),
        "haschild" => nested(parser, Simple::HasChild),
        "nth-child" => nth(parser, false, false),
        "nth-last-child" => nth(parser, true, false),
        "nth-of-type" => nth(parser, false, true),
        "nth-last-of-type" => nth(parser, true, true),
        "contains" => text(parser).map(|text| Simple::Contains { text, own: false }),
        "containsown" => text(parser).map(|text| Simple::Contains { text, own: true }),
        "lang" => {
            parser.scanner.word("a language").map(|language| Simple::Lang(language.to_ascii_lowercase()))
        }
        _ => return None,
    })
}

/// The argument of `:contains`, in lower case: with quotes or, as jQuery allows, without.
fn text(parser: &mut Parser<'_>) -> Result<String, SyntaxError> {
    let text = match parser.scanner.string()? {
        Some(text) => text,
        None => parser.scanner.take_while(|c| c != ')').trim().to_owned(),
    };
    Ok(text.to_lowercase())
}
