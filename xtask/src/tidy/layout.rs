//! What rustfmt leaves alone: long comments and strings, tabs, blanks at the end of a line.

use super::{Problem, TextFile};

/// `max_width` of `rustfmt.toml`.
const LINE_CHARS_MAX: usize = 110;

/// Checks a Rust or TOML file. Scripts and documentation are the business of their authors.
pub(crate) fn check(file: &TextFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !["rs", "toml"].contains(&file.extension()) {
        return problems;
    }
    let mut add = |line, message: &str| problems.push(Problem::new(&file.path, line, message));
    for (number, line) in file.lines() {
        if line.ends_with(char::is_whitespace) {
            add(number, "blanks at the end of the line");
        }
        if line.contains('\t') {
            add(number, "a tab: indent with blanks, write `\\t` in strings");
        }
        let length = line.chars().count();
        if file.extension() == "rs" && length > LINE_CHARS_MAX && !is_one_link(line) {
            add(number, &format!("{length} characters, at most {LINE_CHARS_MAX} are allowed"));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        add(file.text.split('\n').count(), "no line break at the end of the file");
    }
    problems
}

/// An address cannot be broken.
fn is_one_link(line: &str) -> bool {
    line.contains("://") && line.split_whitespace().count() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rust_lines_are_limited_in_characters_not_bytes() {
        assert!(messages("a.rs", &format!("//{}\n", "ä".repeat(108))).is_empty());
        assert_eq!(
            messages("a.rs", &format!("//{}\n", "ä".repeat(109))),
            ["a.rs:1: 111 characters, at most 110 are allowed"]
        );
        assert!(messages("a.rs", &format!("/// <https://{}>\n", "a".repeat(120))).is_empty());
        assert!(messages("a.toml", &format!("#{}\n", "a".repeat(120))).is_empty());
    }

    #[test]
    fn blanks_and_tabs_are_found_with_their_line() {
        assert_eq!(messages("a.rs", "fine\nnot \n"), ["a.rs:2: blanks at the end of the line"]);
        assert_eq!(
            messages("a.toml", "\ta\n"),
            ["a.toml:1: a tab: indent with blanks, write `\\t` in strings"]
        );
        assert_eq!(messages("a.rs", "a\nb"), ["a.rs:2: no line break at the end of the file"]);
        assert!(messages("a.js", "not \n\t").is_empty());
    }
}
