//! Nothing unfinished is left: what is not there yet answers with an error, and plans live in the issue
//! tracker.
//!
//! The marks are spelled in two halves here, so that this file does not find itself.

use super::{Problem, TextFile};

/// Whole words, in any kind of file.
const WORDS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Parts of Rust code, in Rust files.
const RUST: [&str; 4] =
    [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("db", "g!("), concat!("#[", "ignore")];

/// Checks one file.
pub(crate) fn check(file: &TextFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        let word = WORDS.into_iter().find(|word| has_word(line, word));
        let rust = RUST.into_iter().find(|mark| file.extension() == "rs" && has_rust_mark(line, mark));
        if let Some(mark) = word.or(rust) {
            let message =
                format!("an unfinished mark (`{}`): finish it or file an issue", mark.trim_end_matches('('));
            problems.push(Problem::new(&file.path, number, message));
        }
    }
    problems
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let is_word_char = |c: char| c.is_alphanumeric() || c == '_';
        !line[..at].ends_with(is_word_char) && !line[at + word.len()..].starts_with(is_word_char)
    })
}

/// Like [`has_word`], but what follows is part of the mark.
fn has_rust_mark(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(|problem| problem.line).collect()
    }

    #[test]
    fn words_are_found_in_every_kind_of_file() {
        let text = format!("fine\n// {}: later\n{}S\n", WORDS[0], WORDS[0]);
        for path in ["a.rs", "a.js", "a.md", "a.toml", "a.yml"] {
            assert_eq!(lines(path, &text), [2], "{path}");
        }
        assert_eq!(lines("a.md", &format!("{}\n", WORDS[1..].join("\n"))), [1, 2]);
    }

    #[test]
    fn rust_marks_are_found_in_rust() {
        let text =
            format!("{}\"later\")\n{})\n{}x)\n{}]\nmy_{})\n", RUST[0], RUST[1], RUST[2], RUST[3], RUST[0]);
        assert_eq!(lines("a.rs", &text), [1, 2, 3, 4]);
        assert!(lines("a.js", &text).is_empty());
    }
}
