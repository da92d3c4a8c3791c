//! A Rust file as the rules see it: parsed, and each line known as code or not, test or not.
//!
//! A line is *code* when a token that is no comment touches it; documentation comments are tokens to the
//! compiler, but comments to us. A line is *test* when it belongs to an item under `#[cfg(test)]`, or when
//! the whole file does.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::{Problem, TextFile};

/// One parsed file.
pub(crate) struct RustFile<'a> {
    pub(crate) path: &'a str,
    pub(crate) syntax: syn::File,
    /// By line number; index 0 is unused.
    is_code: Vec<bool>,
    is_test: Vec<bool>,
    /// The places where the keyword `unsafe` stands.
    pub(crate) unsafe_lines: Vec<usize>,
}

impl<'a> RustFile<'a> {
    /// Fails with the parser's complaint.
    pub(crate) fn parse(file: &'a TextFile) -> Result<Self, Problem> {
        let problem = |error: &syn::Error| {
            Problem::new(&file.path, error.span().start().line, format!("does not parse: {error}"))
        };
        let tokens: TokenStream =
            file.text.parse().map_err(|error: proc_macro2::LexError| problem(&error.into()))?;
        let syntax = syn::parse_file(&file.text).map_err(|error| problem(&error))?;
        let lines = file.text.split('\n').count() + 1;
        let mut scan = TokenScan {
            lines: file.text.split('\n').collect(),
            is_code: vec![false; lines],
            unsafe_lines: vec![],
        };
        scan.stream(tokens);
        let mut tests = TestLines { is_test: vec![is_test_path(&file.path); lines] };
        tests.visit_file(&syntax);
        Ok(Self {
            path: &file.path,
            syntax,
            is_code: scan.is_code,
            is_test: tests.is_test,
            unsafe_lines: scan.unsafe_lines,
        })
    }

    /// Whether the file as a whole is test code.
    pub(crate) fn is_test_file(&self) -> bool {
        is_test_path(self.path)
    }

    /// Lines of code between two lines, the ends not included.
    pub(crate) fn code_lines_between(&self, open: usize, close: usize) -> usize {
        (open + 1..close).filter(|&line| self.is_code[line]).count()
    }

    /// Lines of code in the product and lines of code in tests.
    pub(crate) fn code_lines(&self) -> (usize, usize) {
        let count = |test: bool| {
            self.is_code
                .iter()
                .zip(&self.is_test)
                .filter(|&(&code, &is_test)| code && is_test == test)
                .count()
        };
        (count(false), count(true))
    }
}

/// Files that cargo or a `#[cfg(test)] mod tests;` builds for tests only.
fn is_test_path(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| part == "tests" || part == "benches")
}

struct TokenScan<'a> {
    lines: Vec<&'a str>,
    is_code: Vec<bool>,
    unsafe_lines: Vec<usize>,
}

impl TokenScan<'_> {
    fn stream(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                token if self.is_documentation(&token) => {}
                TokenTree::Group(group) => {
                    self.mark(group.span_open());
                    self.mark(group.span_close());
                    self.stream(group.stream());
                }
                TokenTree::Ident(ident) if ident == "unsafe" => {
                    self.unsafe_lines.push(ident.span().start().line);
                    self.mark(ident.span());
                }
                other => self.mark(other.span()),
            }
        }
    }

    /// A documentation comment is handed over as `#[doc = "…"]`, each token with the place of the comment; no
    /// other token than a division starts with a slash.
    fn is_documentation(&self, token: &TokenTree) -> bool {
        if matches!(token, TokenTree::Punct(punct) if punct.as_char() == '/') {
            return false;
        }
        let start = token.span().start();
        let line = self.lines.get(start.line - 1).copied().unwrap_or_default();
        line.chars().nth(start.column) == Some('/')
    }

    fn mark(&mut self, span: Span) {
        self.is_code[span.start().line..=span.end().line].fill(true);
    }
}

struct TestLines {
    is_test: Vec<bool>,
}

impl<'ast> Visit<'ast> for TestLines {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if attributes(item).iter().any(is_cfg_test) {
            let span = item.span();
            self.is_test[span.start().line..=span.end().line].fill(true);
        } else {
            visit::visit_item(self, item);
        }
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(crate) fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg")
        && list
            .tokens
            .clone()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Ident(word) if word == "test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_lines(path: &str, text: &str) -> (usize, usize) {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        RustFile::parse(&file).expect("it parses").code_lines()
    }

    #[test]
    fn comments_and_blank_lines_are_no_code() {
        let text =
            "//! Module.\n\n/// Doc.\n/** Doc. */\n// Plain.\n/* a\n b */\nfn f() {\n    1 / 2; // why\n}\n";
        assert_eq!(code_lines("src/a.rs", text), (3, 0));
    }

    #[test]
    fn every_line_of_a_string_is_code_whatever_it_looks_like() {
        assert_eq!(code_lines("src/a.rs", "const A: &str = \"\n// no comment\n\n\";\n"), (4, 0));
    }

    #[test]
    fn lines_under_cfg_test_are_counted_apart() {
        let text = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
        assert_eq!(code_lines("src/a.rs", text), (1, 4));
        assert_eq!(code_lines("tests/it/a.rs", text), (0, 5));
        assert_eq!(code_lines("src/a/tests.rs", "fn f() {}"), (0, 1));
    }

    #[test]
    fn what_does_not_parse_is_a_problem_with_a_line() {
        let file = TextFile { path: "a.rs".to_owned(), text: "fn f() {}\nfn fn\n".to_owned() };
        let problem = RustFile::parse(&file).err().expect("it does not parse");
        assert_eq!((problem.path.as_str(), problem.line), ("a.rs", 2));
    }

    #[test]
    fn unsafe_is_found_as_a_keyword_only() {
        let file = TextFile {
            path: "a.rs".to_owned(),
            text: "// unsafe\nconst A: &str = \"unsafe\";\nfn f() {\n    m!(unsafe { g() });\n}\n".to_owned(),
        };
        assert_eq!(RustFile::parse(&file).expect("it parses").unsafe_lines, [4]);
    }
}
