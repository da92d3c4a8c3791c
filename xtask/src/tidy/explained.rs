//! Each direct dependency is used by some crate and explained in `docs/DEPENDENCIES.md`, and nothing else is.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::Metadata;

use super::Problem;

const DOCUMENT: &str = "docs/DEPENDENCIES.md";
const MANIFEST: &str = "Cargo.toml";

/// The two texts that have to agree with what the crates use.
pub(crate) struct Lists {
    /// The workspace's manifest.
    manifest: String,
    /// A document whose tables have the dependencies in their first column, in backticks.
    document: String,
}

impl Lists {
    /// Reads both from the root of the workspace.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let read = |path: &str| std::fs::read_to_string(root.join(path)).with_context(|| path.to_owned());
        Ok(Self { manifest: read(MANIFEST)?, document: read(DOCUMENT)? })
    }

    /// Names and lines in `[workspace.dependencies]`, members of the workspace left out.
    fn declared(&self) -> Vec<(usize, &str)> {
        let lines = (1..).zip(self.manifest.lines());
        let section = lines.skip_while(|(_, line)| *line != "[workspace.dependencies]").skip(1);
        section
            .take_while(|(_, line)| !line.starts_with('['))
            .filter(|(_, line)| !line.starts_with('#') && !line.contains("path = "))
            .filter_map(|(number, line)| Some((number, line.split_once('=')?.0.trim())))
            .collect()
    }

    /// Names and lines in the first columns of the document's tables.
    fn explained(&self) -> Vec<(usize, &str)> {
        let rows = (1..).zip(self.document.lines()).filter(|(_, line)| line.starts_with("| `"));
        let first_cell = |line: &'_ str| line[1..].find('|').map(|end| end + 1).unwrap_or(line.len());
        rows.flat_map(|(number, line)| {
            line[..first_cell(line)].split('`').skip(1).step_by(2).map(move |name| (number, name))
        })
        .collect()
    }
}

/// Names of all packages from outside that a member depends on itself.
pub(crate) fn direct(metadata: &Metadata) -> BTreeSet<String> {
    let members = metadata.workspace_packages();
    let dependencies = members.iter().flat_map(|member| &member.dependencies);
    dependencies
        .filter(|dependency| dependency.path.is_none())
        .map(|dependency| dependency.name.clone())
        .collect()
}

/// Holds both lists against what is used.
pub(crate) fn check(used: &BTreeSet<String>, lists: &Lists) -> Vec<Problem> {
    let (declared, explained) = (lists.declared(), lists.explained());
    let mut problems = Vec::new();
    for (line, name) in declared.iter().filter(|(_, name)| !used.contains(*name)) {
        problems.push(Problem::new(MANIFEST, *line, format!("no crate uses `{name}`")));
    }
    for (line, name) in explained.iter().filter(|(_, name)| !used.contains(*name)) {
        problems.push(Problem::new(DOCUMENT, *line, format!("no crate uses `{name}`")));
    }
    for name in used.iter().filter(|name| explained.iter().all(|(_, explained)| explained != name)) {
        problems.push(Problem::new(DOCUMENT, 1, format!("`{name}` is used and not explained")));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(manifest: &str, document: &str) -> Vec<String> {
        let used = BTreeSet::from(["a".to_owned(), "b-c".to_owned()]);
        let manifest = format!(
            "[package]\nz = 1\n[workspace.dependencies]\nown = {{ path = \"x\" }}\n{manifest}\n[x]\ny = 1\n"
        );
        let lists = Lists { manifest, document: document.to_owned() };
        check(&used, &lists).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_used_is_declared_and_explained() {
        let document = "# Text\n\n| what | why |\n|---|---|\n| `a`, `b-c` | for `d` |\n";
        assert!(messages("# d\na = \"1\"\nb-c = { version = \"1\" }", document).is_empty());
    }

    #[test]
    fn what_is_not_used_is_in_neither_list() {
        assert_eq!(
            messages("a = \"1\"\nd = \"1\"", "| `a`, `e` | x |\n"),
            [
                "Cargo.toml:6: no crate uses `d`",
                "docs/DEPENDENCIES.md:1: no crate uses `e`",
                "docs/DEPENDENCIES.md:1: `b-c` is used and not explained",
            ]
        );
    }
}
