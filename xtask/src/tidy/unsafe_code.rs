//! `unsafe` stands only where its argument can be found: in the files of one short table.

use super::Problem;
use super::rust_file::RustFile;

/// A file that may hold `unsafe`, and why.
pub(crate) struct Allowed {
    path: &'static str,
    reason: &'static str,
}

/// The whole list.
pub(crate) const ALLOWED: &[Allowed] = &[
    Allowed {
        path: "crates/plimsoll-script/src/fiber.rs",
        reason: "switches stacks under the script engine, which no safe interface offers",
    },
    Allowed {
        path: "crates/plimsoll-script/src/quickjs.rs",
        reason: "engine calls without a safe binding: loading own bytecode, uncatchable exceptions",
    },
];

/// Checks all files against the table, and the table against the files.
pub(crate) fn check(files: &[RustFile<'_>], allowed: &[Allowed]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_allowed = |file: &RustFile<'_>| allowed.iter().any(|entry| entry.path == file.path);
    for file in files.iter().filter(|file| !is_allowed(file)) {
        let message = "`unsafe` outside of the files that tidy allows it in";
        problems.extend(file.unsafe_lines.iter().map(|&line| Problem::new(file.path, line, message)));
    }
    for Allowed { path, reason } in allowed {
        if files.iter().all(|file| file.path != *path || file.unsafe_lines.is_empty()) {
            let message = format!("no `unsafe` is left here: take the file off tidy's list ({reason})");
            problems.push(Problem::new(path, 1, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::TextFile;
    use super::*;

    const LIST: &[Allowed] = &[Allowed { path: "src/fiber.rs", reason: "stacks" }];

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let text = |&(path, text): &(&str, &str)| TextFile { path: path.to_owned(), text: text.to_owned() };
        let texts: Vec<TextFile> = files.iter().map(text).collect();
        let parse = |text| RustFile::parse(text).expect("it parses");
        let parsed: Vec<RustFile<'_>> = texts.iter().map(parse).collect();
        check(&parsed, LIST).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn it_is_a_problem_anywhere_but_in_the_table() {
        let unsafe_function = "fn f() {\n    unsafe { g() }\n}\n";
        assert!(messages(&[("src/fiber.rs", unsafe_function)]).is_empty());
        assert_eq!(
            messages(&[("src/fiber.rs", unsafe_function), ("src/a.rs", unsafe_function)]),
            ["src/a.rs:2: `unsafe` outside of the files that tidy allows it in"]
        );
    }

    #[test]
    fn a_row_that_allows_nothing_is_stale() {
        assert_eq!(
            messages(&[("src/fiber.rs", "fn f() {}")]),
            ["src/fiber.rs:1: no `unsafe` is left here: take the file off tidy's list (stacks)"]
        );
    }
}
