//! Each module opens with what it is responsible for, and `lib.rs` is nothing but the map of its crate.

use syn::spanned::Spanned as _;

use super::Problem;
use super::rust_file::{RustFile, is_cfg_test};

/// A crate that has less to say about itself has not said it.
const CRATE_DOC_LINES_MIN: usize = 3;

/// Checks one file; test files may speak for themselves.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Problem> {
    if file.is_test_file() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let lines = doc_lines(&file.syntax);
    if lines == 0 {
        let message = "the module has no documentation: open it with `//!` and what it is responsible for";
        problems.push(Problem::new(file.path, 1, message));
    }
    if file.path.ends_with("/src/lib.rs") {
        problems.extend(check_crate_root(file, lines));
    }
    problems
}

fn check_crate_root(file: &RustFile<'_>, doc_lines: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    if doc_lines < CRATE_DOC_LINES_MIN {
        let message = format!(
            "the crate's documentation has {doc_lines} lines, at least {CRATE_DOC_LINES_MIN} are needed"
        );
        problems.push(Problem::new(file.path, 1, message));
    }
    let others = file.syntax.items.iter().filter(|item| !belongs_in_crate_root(item));
    problems.extend(others.map(|item| {
        let message = "lib.rs holds documentation, `mod` lines and re-exports only: move this to a module";
        Problem::new(file.path, item.span().start().line, message)
    }));
    problems
}

fn belongs_in_crate_root(item: &syn::Item) -> bool {
    match item {
        syn::Item::Mod(module) => module.content.is_none() || module.attrs.iter().any(is_cfg_test),
        syn::Item::Use(_) | syn::Item::ExternCrate(_) => true,
        _ => false,
    }
}

/// Lines of `//!`, blank ones included; an included file counts as enough.
fn doc_lines(file: &syn::File) -> usize {
    let docs = file.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
    docs.map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(value) if matches!(value.value, syn::Expr::Lit(_)) => 1,
        _ => CRATE_DOC_LINES_MIN,
    })
    .sum()
}

#[cfg(test)]
mod tests {
    use super::super::TextFile;
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&RustFile::parse(&file).expect("it parses")).iter().map(|problem| problem.line).collect()
    }

    #[test]
    fn every_module_of_the_product_opens_with_its_documentation() {
        assert_eq!(lines("crates/a/src/b.rs", "fn f() {}\n"), [1]);
        assert!(lines("crates/a/src/b.rs", "//! Does b.\nfn f() {}\n").is_empty());
        assert!(lines("crates/a/tests/it/main.rs", "fn f() {}\n").is_empty());
    }

    #[test]
    fn a_crate_says_more_than_its_name() {
        assert_eq!(lines("crates/a/src/lib.rs", "//! a.\n"), [1]);
        assert!(lines("crates/a/src/lib.rs", "//! a\n//!\n//! Does b.\n").is_empty());
        assert!(lines("crates/a/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n").is_empty());
    }

    #[test]
    fn the_crate_root_is_a_map() {
        let text = "//! a\n//!\n//! Does b.\nmod b;\npub use b::C;\nfn f() {}\n#[cfg(test)]\nmod tests {}\n";
        assert_eq!(lines("crates/a/src/lib.rs", text), [6]);
    }
}
