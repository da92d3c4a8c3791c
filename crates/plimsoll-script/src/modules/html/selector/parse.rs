//! From text to [`Selector`].

use super::scan::{Scanner, SyntaxError};
use super::{Attribute, Combinator, Complex, Selector, Simple, Test, pseudo};

/// How deep `:not(:has(…))` may be nested.
const MAX_NESTING: usize = 32;
/// How long `a > b > c` may be.
const MAX_COMPOUNDS: usize = 64;

impl Selector {
    /// Reads a list of selectors.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut parser = Parser { scanner: Scanner::new(text), nesting: 0 };
        let selector = parser.list()?;
        match parser.scanner.peek() {
            None => Ok(selector),
            Some(_) => Err(parser.scanner.error("a combinator, a comma or the end")),
        }
    }
}

pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    nesting: usize,
}

impl Parser<'_> {
    /// A list inside of the parentheses of a pseudo-class.
    pub(super) fn inner_list(&mut self) -> Result<Selector, SyntaxError> {
        if self.nesting == MAX_NESTING {
            return Err(self.scanner.error(&format!("no more than {MAX_NESTING} nested parentheses")));
        }
        self.nesting += 1;
        let list = self.list();
        self.nesting -= 1;
        list
    }

    fn list(&mut self) -> Result<Selector, SyntaxError> {
        let mut list = vec![self.complex()?];
        while self.scanner.take(",") {
            list.push(self.complex()?);
        }
        Ok(Selector(list))
    }

    fn complex(&mut self) -> Result<Complex, SyntaxError> {
        self.scanner.skip_space();
        let (mut compounds, mut combinators) = (Vec::new(), Vec::new());
        if let Some(combinator) = self.combinator() {
            compounds.push(vec![Simple::Scope]);
            combinators.push(combinator);
        }
        loop {
            self.scanner.skip_space();
            if compounds.len() == MAX_COMPOUNDS {
                return Err(self.scanner.error(&format!("no more than {MAX_COMPOUNDS} parts")));
            }
            compounds.push(self.compound()?);
            let space = self.scanner.skip_space();
            match self.combinator() {
                Some(combinator) => combinators.push(combinator),
                None if space && !matches!(self.scanner.peek(), None | Some(',' | ')')) => {
                    combinators.push(Combinator::Descendant);
                }
                None => return Ok(Complex { compounds, combinators }),
            }
        }
    }

    fn combinator(&mut self) -> Option<Combinator> {
        let combinators =
            [(">", Combinator::Child), ("+", Combinator::NextSibling), ("~", Combinator::LaterSibling)];
        combinators.into_iter().find(|(text, _)| self.scanner.take(text)).map(|(_, combinator)| combinator)
    }

    fn compound(&mut self) -> Result<Vec<Simple>, SyntaxError> {
        let mut compound = Vec::new();
        let mut any = self.scanner.take("*");
        if !any && self.scanner.begins_name() {
            compound.push(Simple::Name(self.scanner.name("a name")?.to_ascii_lowercase()));
        }
        loop {
            compound.push(match self.scanner.peek() {
                Some('#') => {
                    self.scanner.next();
                    Simple::Id(self.scanner.word("an id")?)
                }
                Some('.') => {
                    self.scanner.next();
                    Simple::Class(self.scanner.name("the name of a class")?)
                }
                Some('[') => Simple::Attribute(self.attribute()?),
                Some(':') => pseudo::parse(self)?,
                _ if compound.is_empty() && !any => return Err(self.scanner.error("a selector")),
                _ => return Ok(compound),
            });
            any = true;
        }
    }

    /// `[name]`, `[name=value]`, `[name^="value" i]`.
    fn attribute(&mut self) -> Result<Attribute, SyntaxError> {
        self.scanner.expect("[")?;
        self.scanner.skip_space();
        let name = self.scanner.name("the name of an attribute")?.to_ascii_lowercase();
        self.scanner.skip_space();
        if self.scanner.take("]") {
            return Ok(Attribute { name, test: Test::Present, value: String::new(), ignore_case: false });
        }
        let test = self.test()?;
        self.scanner.skip_space();
        let value = match self.scanner.string()? {
            Some(value) => value,
            None => self
                .scanner
                .word("a value; one with other characters than letters and digits needs quotes")?,
        };
        self.scanner.skip_space();
        let ignore_case = self.scanner.take("i") || self.scanner.take("I");
        self.scanner.skip_space();
        self.scanner.expect("]")?;
        Ok(Attribute { name, test, value, ignore_case })
    }

    fn test(&mut self) -> Result<Test, SyntaxError> {
        let tests = [
            ("=", Test::Equals),
            ("!=", Test::Differs),
            ("~=", Test::HasWord),
            ("|=", Test::HasLanguage),
            ("^=", Test::StartsWith),
            ("$=", Test::EndsWith),
            ("*=", Test::Contains),
        ];
        let found = tests.into_iter().find(|(text, _)| self.scanner.take(text));
        found.map(|(_, test)| test).ok_or_else(|| self.scanner.error("']' or one of = != ~= |= ^= $= *="))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let cases = [
            ("", "a selector at its end"),
            ("a[", "the name of an attribute at its end"),
            ("a >", "a selector at its end"),
            ("a,,b", "a selector at character 3, not ','"),
            ("ä[b=c", "']' at its end"),
            ("[a='b]", "the closing ' at its end"),
            ("[a?=b]", "']' or one of = != ~= |= ^= $= *= at character 3, not '?'"),
            (":eq(2)", "a pseudo-class of CSS; use .eq(2) on the selection at character 1, not ':'"),
            (":nope", "a known pseudo-class at character 1, not ':'"),
            (":nth-child(x)", "a position such as 3, odd or 2n+1 at character 12, not 'x'"),
            (":not(a", "')' at its end"),
            ("a)", "a combinator, a comma or the end at character 2, not ')'"),
            (".7", "the name of a class at character 2, not '7'"),
            ("a::before", "a known pseudo-class at character 2, not ':'"),
        ];
        for (text, expected) in cases {
            let error = Selector::parse(text).expect_err(text).to_string();
            assert_eq!(error, format!("invalid selector {text:?}: expected {expected}"));
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth| format!("{}a{}", ":not(".repeat(depth), ")".repeat(depth));
        assert!(Selector::parse(&nested(32)).is_ok());
        assert!(Selector::parse(&nested(100_000)).is_err());
        assert!(Selector::parse(&"a ".repeat(100_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z0-9 #.:>+~*,()\\[\\]=\"'\\\\ü-]{0,40}|.*") {
            if let Err(error) = Selector::parse(&text) {
                let _ = error.to_string();
            }
        }
    }
}
