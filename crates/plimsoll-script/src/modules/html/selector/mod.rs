//! Selectors: the CSS of `find('table tr:nth-child(2n) > td.price')`, with jQuery's additions.
//!
//! [`Selector::parse`] reads, [`Matcher`] answers. k6's selectors are those of the Go library cascadia;
//! this one understands the same and `:is()`, `:where()` and relative selectors besides.

mod matching;
mod nth;
mod parse;
mod pseudo;
mod scan;

pub(crate) use self::matching::Matcher;
use self::nth::Nth;

/// A list of selectors; a node matches when it matches one of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selector(Vec<Complex>);

/// Compounds with what stands between them: `compounds[0] combinators[0] compounds[1] …`.
#[derive(Debug, Clone, PartialEq)]
struct Complex {
    compounds: Vec<Vec<Simple>>,
    combinators: Vec<Combinator>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combinator {
    Descendant,
    Child,
    NextSibling,
    LaterSibling,
}

/// One condition on a node.
#[derive(Debug, Clone, PartialEq)]
enum Simple {
    /// What the search started from: the unwritten left side of `> a`, and `:scope`.
    Scope,
    Name(String),
    Id(String),
    Class(String),
    Attribute(Attribute),
    Not(Selector),
    Is(Selector),
    Has(Selector),
    HasChild(Selector),
    Contains {
        text: String,
        /// Only the node's own text, not that of elements in it.
        own: bool,
    },
    Nth(Nth),
    OnlyChild,
    OnlyOfType,
    Empty,
    Root,
    /// A form control.
    Input,
    Link,
    Lang(String),
    Enabled,
    Disabled,
    Checked,
    /// What needs a user or a browser: `:hover`, `:visited`.
    Never,
}

#[derive(Debug, Clone, PartialEq)]
struct Attribute {
    name: String,
    test: Test,
    value: String,
    ignore_case: bool,
}

/// How an attribute's value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Present,
    Equals,
    Differs,
    HasWord,
    HasLanguage,
    StartsWith,
    EndsWith,
    Contains,
}
