//! The generated pieces of the documentation are those that their sources give.

use super::{Problem, TextFile};
use crate::compat;

/// Checks the tables of symbols.
pub(crate) fn check(files: &[TextFile]) -> Vec<Problem> {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let (Some(document), Some(table)) = (text(compat::DOCUMENT), text(compat::TABLE)) else {
        return Vec::new();
    };
    match compat::parse(table).and_then(|sections| compat::generate(document, &sections)) {
        Ok(generated) if generated == document => Vec::new(),
        Ok(generated) => {
            let same = document.lines().zip(generated.lines()).take_while(|(is, should)| is == should);
            let message = format!("not what {} gives: run `cargo xtask compat`", compat::TABLE);
            vec![Problem::new(compat::DOCUMENT, same.count() + 1, message)]
        }
        Err(error) => vec![Problem::new(compat::TABLE, 1, format!("{error:#}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(document: &str, table: &str) -> Vec<String> {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let files = [file(compat::DOCUMENT, document), file(compat::TABLE, table)];
        check(&files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_stale_table_is_a_problem_at_its_first_line() {
        let table = "[k6]\ncheck = [\"function\", \"supported\"]\n";
        let fresh = "# k6\n<!-- symbols: k6 -->\n\nSupported: `check`.\n\n<!-- end -->\n";
        assert!(problems(fresh, table).is_empty());
        let stale = fresh.replace("`check`", "`chuck`");
        let what = "not what crates/plimsoll-script/src/compat/k6.toml gives: run `cargo xtask compat`";
        assert_eq!(problems(&stale, table), [format!("docs/K6_COMPAT.md:4: {what}")]);
    }

    #[test]
    fn a_malformed_table_is_a_problem() {
        assert_eq!(problems("", "[k6]\ncheck = []\n").len(), 1);
    }
}
