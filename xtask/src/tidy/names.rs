//! A module is named after what it holds. The names here would hold anything.

use syn::visit::{self, Visit};

use super::Problem;
use super::rust_file::RustFile;

const BANNED: [&str; 8] = ["common", "helper", "helpers", "misc", "stuff", "util", "utilities", "utils"];

/// Checks the path of one file (its crate and folders included) and the modules inside.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = file
        .path
        .split('/')
        .flat_map(|part| part.trim_end_matches(".rs").split(['-', '_']))
        .filter(|word| BANNED.contains(word))
        .map(|word| Problem::new(file.path, 1, message(word)))
        .collect();
    let mut modules = InlineModules { path: file.path, problems: Vec::new() };
    modules.visit_file(&file.syntax);
    problems.append(&mut modules.problems);
    problems
}

fn message(word: &str) -> String {
    format!("`{word}` says nothing about what is inside: name it after its subject")
}

struct InlineModules<'a> {
    path: &'a str,
    problems: Vec<Problem>,
}

impl<'ast> Visit<'ast> for InlineModules<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let name = module.ident.to_string();
        // A module in a file of its own is found by its path.
        if module.content.is_some() && BANNED.contains(&name.as_str()) {
            self.problems.push(Problem::new(self.path, module.ident.span().start().line, message(&name)));
        }
        visit::visit_item_mod(self, module);
    }
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
    fn crates_folders_and_files_are_looked_at() {
        for path in
            ["crates/a-common/src/lib.rs", "crates/a/src/utils/x.rs", "crates/a/src/string_helpers.rs"]
        {
            assert_eq!(lines(path, ""), [1], "{path}");
        }
        assert!(lines("crates/a/src/commonality.rs", "").is_empty());
    }

    #[test]
    fn modules_written_in_place_are_looked_at() {
        assert_eq!(lines("src/a.rs", "mod b {\n    mod util {}\n}\nmod utils;\n"), [2]);
    }
}
