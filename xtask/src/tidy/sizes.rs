//! Files hold one subject and functions fit on a screen.
//!
//! Lines of code are counted: comments and blank lines are free. A function is measured as clippy's
//! `too_many_lines` does it (the lines between its braces), so that the two never disagree; this rule also
//! sees what clippy does not build, and gives the figures of the summary line.

use std::fmt;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::Problem;
use super::rust_file::RustFile;

/// Lines of code of one file, tests not counted.
const FILE_LINES_MAX: usize = 400;

/// Lines of test code of one file: cases are read one at a time, so there may be more of them.
const TEST_LINES_MAX: usize = 800;

/// Lines of code between the braces of one function; the same as `too-many-lines-threshold` in `clippy.toml`.
const FUNCTION_LINES_MAX: usize = 70;

/// Checks one file and its functions.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (code, test) = file.code_lines();
    if code > FILE_LINES_MAX {
        let message = format!("{code} lines of code, at most {FILE_LINES_MAX} are allowed: split by subject");
        problems.push(Problem::new(file.path, 1, message));
    }
    if test > TEST_LINES_MAX {
        let message =
            format!("{test} lines of test code, at most {TEST_LINES_MAX} are allowed: split by subject");
        problems.push(Problem::new(file.path, 1, message));
    }
    let long = functions(file).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    problems.extend(long.filter(|function| !function.is_expected_to_be_long).map(|function| {
        let Function { name, lines, .. } = function;
        let message = format!("`{name}` has {lines} lines of code, at most {FUNCTION_LINES_MAX} are allowed");
        Problem::new(file.path, function.line, message)
    }));
    problems
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
    /// It carries `#[expect(clippy::too_many_lines, reason = "…")]`.
    is_expected_to_be_long: bool,
}

fn functions(file: &RustFile<'_>) -> Vec<Function> {
    let mut visitor = Functions { file, found: Vec::new() };
    visitor.visit_file(&file.syntax);
    visitor.found
}

struct Functions<'a> {
    file: &'a RustFile<'a>,
    found: Vec<Function>,
}

impl Functions<'_> {
    fn add(&mut self, attributes: &[syn::Attribute], signature: &syn::Signature, body: &syn::Block) {
        let braces = body.brace_token.span;
        self.found.push(Function {
            name: signature.ident.to_string(),
            line: signature.span().start().line,
            lines: self.file.code_lines_between(braces.open().start().line, braces.close().start().line),
            is_expected_to_be_long: attributes.iter().any(expects_too_many_lines),
        });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.attrs, &function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.attrs, &function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.attrs, &function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

fn expects_too_many_lines(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let tokens = list.tokens.to_string();
    list.path.is_ident("expect") && tokens.contains("too_many_lines") && tokens.contains("reason")
}

/// How long the functions of the product are; for the summary line.
pub(crate) struct FunctionLengths(Vec<usize>);

impl FunctionLengths {
    /// Measures all functions outside of test files.
    pub(crate) fn of(files: &[RustFile<'_>]) -> Self {
        let product = files.iter().filter(|file| !file.is_test_file());
        let mut lengths: Vec<usize> = product.flat_map(functions).map(|function| function.lines).collect();
        lengths.sort_unstable();
        Self(lengths)
    }
}

impl fmt::Display for FunctionLengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = self.0.get(self.0.len() / 2).copied().unwrap_or(0);
        let longest = self.0.last().copied().unwrap_or(0);
        write!(f, "{} functions (median {median} lines, longest {longest})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::TextFile;
    use super::*;

    fn messages(text: String) -> Vec<String> {
        let file = TextFile { path: "src/a.rs".to_owned(), text };
        let file = RustFile::parse(&file).expect("it parses");
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_of_seventy_lines_is_the_longest() {
        let function = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));
        assert!(messages(function(70)).is_empty());
        let commented = function(70).replacen("    g();\n", "    // Why.\n\n    g();\n", 5);
        assert!(messages(commented).is_empty());
        assert_eq!(messages(function(71)), ["src/a.rs:1: `f` has 71 lines of code, at most 70 are allowed"]);
    }

    #[test]
    fn methods_are_functions_and_an_expectation_with_a_reason_lets_them_pass() {
        let body = "g();\n".repeat(80);
        assert_eq!(messages(format!("impl A {{\nfn f() {{\n{body}}}\n}}\n")).len(), 1);
        assert_eq!(messages(format!("trait A {{\nfn f() {{\n{body}}}\n}}\n")).len(), 1);
        let expect = "#[expect(clippy::too_many_lines, reason = \"one table\")]";
        assert!(messages(format!("{expect}\nfn f() {{\n{body}}}\n")).is_empty());
        assert_eq!(messages(format!("#[expect(clippy::too_many_lines)]\nfn f() {{\n{body}}}\n")).len(), 1);
    }

    #[test]
    fn product_and_tests_of_a_file_are_limited_apart() {
        let items = |count: usize| "const _: u8 = 0;\n".repeat(count);
        assert!(messages(items(400)).is_empty());
        assert_eq!(
            messages(items(401)),
            ["src/a.rs:1: 401 lines of code, at most 400 are allowed: split by subject"]
        );
        assert!(messages(format!("#[cfg(test)]\nmod tests {{\n{}}}\n", items(797))).is_empty());
        assert_eq!(messages(format!("#[cfg(test)]\nmod tests {{\n{}}}\n", items(798))).len(), 1);
    }
}
