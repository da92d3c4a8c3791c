//! `cargo xtask compat`: writes the tables of `docs/K6_COMPAT.md` from the table of symbols.
//!
//! What people wrote stays. A generated piece lies between `<!-- symbols: NAME -->` or `<!-- modules -->` and
//! `<!-- end -->`; whatever stands there is replaced, marks of a merge conflict too. Start at [`generate`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};

use crate::say::say;
use crate::workspace::Workspace;

/// Where the tables are read.
pub(crate) const DOCUMENT: &str = "docs/K6_COMPAT.md";
/// Where they come from.
pub(crate) const TABLE: &str = "crates/plimsoll-script/src/compat/k6.toml";

const END: &str = "<!-- end -->";
const STATES: [&str; 5] = ["supported", "differs", "not yet", "never", "ours"];

/// Kind, state and note of each symbol of each section.
type Sections = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Writes the document anew.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let (path, table) = (workspace.root().join(DOCUMENT), workspace.root().join(TABLE));
    let document = std::fs::read_to_string(&path).context(DOCUMENT)?;
    let sections = parse(&std::fs::read_to_string(&table).context(TABLE)?)?;
    let generated = generate(&document, &sections)?;
    if generated != document {
        std::fs::write(&path, generated).context(DOCUMENT)?;
    }
    let counts = STATES.map(|state| {
        let rows = sections.values().flat_map(BTreeMap::values);
        format!("{} {state}", rows.filter(|row| row[1] == state).count())
    });
    say!("{DOCUMENT}: {}", counts.join(", "));
    Ok(ExitCode::SUCCESS)
}

/// Reads the table and checks the form of its rows.
pub(crate) fn parse(text: &str) -> Result<Sections> {
    let sections: Sections = toml::from_str(text).context(TABLE)?;
    for (section, rows) in &sections {
        for (name, row) in rows {
            let place = || format!("{TABLE}: [{section}] {name}");
            ensure!((2..=3).contains(&row.len()), "{}: a row is kind, state and note", place());
            ensure!(STATES.contains(&row[1].as_str()), "{}: unknown state {:?}", place(), row[1]);
            let explains = row.len() == 3 || !matches!(row[1].as_str(), "differs" | "never");
            ensure!(explains, "{}: {:?} needs a note", place(), row[1]);
        }
    }
    Ok(sections)
}

/// The document with its generated pieces as they should be.
pub(crate) fn generate(document: &str, sections: &Sections) -> Result<String> {
    let mut shown = Vec::new();
    let mut text = String::new();
    let mut lines = document.split_inclusive('\n');
    while let Some(line) = lines.next() {
        text.push_str(line);
        let Some(piece) = piece_of(line, sections, &mut shown)? else { continue };
        ensure!(
            lines.by_ref().any(|line| line.trim_end() == END),
            "{DOCUMENT}: {} has no {END}",
            line.trim_end()
        );
        write!(text, "\n{piece}\n{END}\n").expect("a String");
    }
    let modules = sections.keys().map(|section| module_of(section));
    let mut forgotten: Vec<&str> = modules
        .filter(|module| !shown.iter().any(|name| name == module) && !speaks_as_a_whole(module, sections))
        .collect();
    forgotten.dedup();
    ensure!(forgotten.is_empty(), "{DOCUMENT}: no place for the symbols of {forgotten:?}");
    Ok(text)
}

/// What belongs after a line, if that is the mark of a generated piece.
fn piece_of(line: &str, sections: &Sections, shown: &mut Vec<String>) -> Result<Option<String>> {
    let mark = line.trim_end().strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
    match mark {
        Some("modules") => Ok(Some(modules(sections))),
        Some(mark) => match mark.strip_prefix("symbols: ") {
            Some(module) => {
                shown.push(module.to_owned());
                symbols(module, sections).map(Some)
            }
            None => Ok(None),
        },
        None => Ok(None),
    }
}

fn module_of(section: &str) -> &str {
    section.split(' ').next().unwrap_or(section)
}

/// Whether a module has one row, about all of it.
fn speaks_as_a_whole(module: &str, sections: &Sections) -> bool {
    sections.get(module).is_some_and(|rows| rows.contains_key("*"))
}

fn modules(sections: &Sections) -> String {
    let mut text = "| module | state | note |\n|---|---|---|\n".to_owned();
    let mut names: Vec<&str> = sections.keys().map(|section| module_of(section)).collect();
    names.dedup();
    for name in names.into_iter().filter(|name| name.contains('/') || *name == "k6") {
        let (state, note) = whole(name, sections);
        writeln!(text, "| `{name}` | {state} | {note} |").expect("a String");
    }
    text
}

/// The state of a module as a whole, and a note.
fn whole(module: &str, sections: &Sections) -> (String, String) {
    let of_module = sections.iter().filter(|(section, _)| module_of(section) == module);
    let rows: Vec<&Vec<String>> = of_module.flat_map(|(_, rows)| rows.values()).collect();
    let count = |state: &str| rows.iter().filter(|row| row[1] == state).count();
    let missing = count("not yet") + count("never");
    if let [row] = rows.as_slice() {
        return (row[1].clone(), row.get(2).cloned().unwrap_or_default());
    }
    if missing == rows.len() {
        return ("not yet".to_owned(), String::new());
    }
    let note =
        if missing == 0 { String::new() } else { format!("{missing} of {} symbols are missing", rows.len()) };
    let state = match (count("differs"), count("ours")) {
        (0, ours) if ours == rows.len() => "ours",
        (0, _) => "supported",
        _ => "differs",
    };
    (state.to_owned(), note)
}

/// The tables of a module: its own symbols, then those of its classes.
fn symbols(module: &str, sections: &Sections) -> Result<String> {
    let of_module: Vec<_> = sections.iter().filter(|(section, _)| module_of(section) == module).collect();
    if of_module.is_empty() {
        bail!("{DOCUMENT}: {TABLE} has no section {module:?}");
    }
    let table = |(section, rows): &(&String, &BTreeMap<String, Vec<String>>)| {
        let heading = section.split_once(' ').map(|(_, class)| format!("#### `{class}`\n\n"));
        format!("{}{}", heading.unwrap_or_default(), rows_of(rows))
    };
    Ok(of_module.iter().map(table).collect::<Vec<_>>().join("\n"))
}

/// A table with a row for each symbol; a sentence when there is the same to say of all.
fn rows_of(rows: &BTreeMap<String, Vec<String>>) -> String {
    let mut states: Vec<&str> = rows.values().map(|row| row[1].as_str()).collect();
    states.dedup();
    if let [state] = states.as_slice()
        && rows.values().all(|row| row.len() == 2)
    {
        let names = rows.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        return format!("{}: {}.\n", capitalised(state), names.join(", "));
    }
    let mut text = "| symbol | state | note |\n|---|---|---|\n".to_owned();
    for (name, row) in rows {
        let note = row.get(2).map_or("", String::as_str);
        writeln!(text, "| `{name}` | {} | {note} |", row[1]).expect("a String");
    }
    text
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "[\"k6/a\"]\nget = [\"function\", \"supported\"]\n\
                        put = [\"function\", \"differs\", \"later\"]\n\
                        [\"k6/a Thing\"]\nx = [\"method\", \"not yet\"]\ny = [\"method\", \"not yet\"]\n\
                        [\"k6/b\"]\n\"*\" = [\"module\", \"never\", \"gone\"]\n";

    #[test]
    fn pieces_are_replaced_and_the_rest_stays() {
        let sections = parse(ROWS).expect("valid");
        let document = "# Title\n<!-- modules -->\nold\n<!-- end -->\nprose\n<!-- symbols: k6/a -->\n\
                        <<<<<<< ours\n<!-- end -->\nmore\n";
        let expected = "# Title\n<!-- modules -->\n\n| module | state | note |\n|---|---|---|\n\
                        | `k6/a` | differs | 2 of 4 symbols are missing |\n| `k6/b` | never | gone |\n\n\
                        <!-- end -->\nprose\n<!-- symbols: k6/a -->\n\n| symbol | state | note |\n\
                        |---|---|---|\n| `get` | supported |  |\n| `put` | differs | later |\n\n\
                        #### `Thing`\n\nNot yet: `x`, `y`.\n\n<!-- end -->\nmore\n";
        let once = generate(document, &sections).expect("complete");
        assert_eq!(once, expected);
        assert_eq!(generate(&once, &sections).expect("complete"), once);
    }

    #[test]
    fn every_module_has_its_place_and_every_place_its_end() {
        let sections = parse(ROWS).expect("valid");
        let error = generate("nothing\n", &sections).expect_err("k6/a is not shown").to_string();
        assert_eq!(error, "docs/K6_COMPAT.md: no place for the symbols of [\"k6/a\"]");
        let error = generate("<!-- symbols: k6/a -->\n", &sections).expect_err("no end").to_string();
        assert_eq!(error, "docs/K6_COMPAT.md: <!-- symbols: k6/a --> has no <!-- end -->");
    }

    #[test]
    fn a_row_has_its_form() {
        let wrong = |row: &str| parse(&format!("[a]\nb = {row}\n")).expect_err("wrong").to_string();
        assert!(wrong("[\"function\"]").ends_with("[a] b: a row is kind, state and note"));
        assert!(wrong("[\"function\", \"soon\"]").ends_with("[a] b: unknown state \"soon\""));
        assert!(wrong("[\"function\", \"differs\"]").ends_with("[a] b: \"differs\" needs a note"));
    }
}
