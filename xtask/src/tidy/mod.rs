//! `cargo xtask tidy`: the rules of this repository that neither the compiler nor clippy knows.
//!
//! | module | rule |
//! |---|---|
//! | [`rooms`] | which crate may use which |
//! | [`sizes`] | lines per file and per function |
//! | [`marks`] | nothing unfinished is left |
//! | [`unsafe_code`] | `unsafe` only where it is argued for |
//! | [`names`] | no room for odds and ends |
//! | [`module_docs`] | each module says what it is for; `lib.rs` is a map |
//! | [`layout`] | line length, tabs, trailing blanks |
//! | [`links`] | relative links of the documentation lead somewhere |
//! | [`generated`] | generated pieces of the documentation are up to date |
//! | [`explained`] | direct dependencies are used, and explained in the documentation |
//! | [`dependencies`] | licences, sources and duplicate versions, by the tables of `deny.toml` |
//!
//! A rule is a function from what was read to [`Problem`]s; it prints nothing and stops at nothing. What it
//! must let pass is a table beside it, each row with its reason, and a row that no longer lets anything pass
//! is a problem too.

mod deny;
mod dependencies;
mod explained;
mod generated;
mod layout;
mod links;
mod marks;
mod module_docs;
mod names;
mod rooms;
mod rust_file;
mod sizes;
mod unsafe_code;

use std::fmt;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::say::say;
use crate::tidy::deny::Deny;
use crate::tidy::rust_file::RustFile;
use crate::workspace::Workspace;

/// Checks everything and says so; the exit code is 1 when a problem was found.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    Ok(if passes(workspace)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Like [`run`], for a caller that goes on afterwards.
pub(crate) fn passes(workspace: &Workspace) -> Result<bool> {
    let tree = Tree::read(workspace)?;
    let mut problems = Vec::new();
    let rust_files = tree.parse_rust(&mut problems);
    tree.check_texts(workspace, &mut problems);
    check_rust(&rust_files, &mut problems);
    let packages = check_dependencies(workspace, &mut problems)?;

    problems.sort_unstable();
    problems.dedup();
    problems.iter().for_each(|problem| say!("{problem}"));
    if !problems.is_empty() {
        let noun = if problems.len() == 1 { "problem" } else { "problems" };
        say!(error "tidy found {} {noun}", problems.len());
        return Ok(false);
    }
    let functions = sizes::FunctionLengths::of(&rust_files);
    say!("tidy: {} files, {functions}, {packages} packages: clean", tree.files.len());
    Ok(true)
}

fn check_rust(files: &[RustFile<'_>], problems: &mut Vec<Problem>) {
    for file in files {
        problems.extend(sizes::check(file));
        problems.extend(names::check(file));
        problems.extend(module_docs::check(file));
    }
    problems.extend(unsafe_code::check(files, unsafe_code::ALLOWED));
}

/// Returns how many packages the graph holds.
fn check_dependencies(workspace: &Workspace, problems: &mut Vec<Problem>) -> Result<usize> {
    let deny = Deny::read(workspace.root())?;
    let metadata = workspace.metadata(&deny.platform)?;
    problems.extend(rooms::check(&rooms::manifests(&metadata, workspace.root())?, rooms::ROOMS));
    problems
        .extend(explained::check(&explained::direct(&metadata), &explained::Lists::read(workspace.root())?));
    let packages = dependencies::packages(&metadata, &workspace.built_packages(&deny.platform)?);
    problems.extend(dependencies::check(&packages, &deny));
    Ok(packages.len())
}

/// Something to mend, and where. Ordered by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    path: String,
    line: usize,
    message: String,
}

impl Problem {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A file that people write, and its path from the root of the repository.
pub(crate) struct TextFile {
    path: String,
    text: String,
}

impl TextFile {
    fn extension(&self) -> &str {
        extension(&self.path)
    }

    /// The lines with their numbers, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.split('\n'))
    }
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// All text files of the repository.
struct Tree {
    files: Vec<TextFile>,
}

impl Tree {
    /// The kinds of files that are written by hand. Fixtures of other kinds are data.
    const EXTENSIONS: [&str; 8] = ["rs", "js", "ts", "md", "toml", "yml", "yaml", "sh"];

    fn read(workspace: &Workspace) -> Result<Self> {
        let paths = workspace.files()?.into_iter().filter(|path| Self::EXTENSIONS.contains(&extension(path)));
        let read = |path: String| {
            let text = std::fs::read_to_string(workspace.root().join(&path)).with_context(|| path.clone())?;
            Ok(TextFile { path, text })
        };
        Ok(Self { files: paths.map(read).collect::<Result<_>>()? })
    }

    fn parse_rust(&self, problems: &mut Vec<Problem>) -> Vec<RustFile<'_>> {
        let mut parsed = Vec::new();
        for file in self.files.iter().filter(|file| file.extension() == "rs") {
            match RustFile::parse(file) {
                Ok(file) => parsed.push(file),
                Err(problem) => problems.push(problem),
            }
        }
        parsed
    }

    fn check_texts(&self, workspace: &Workspace, problems: &mut Vec<Problem>) {
        for file in &self.files {
            problems.extend(marks::check(file));
            problems.extend(layout::check(file));
            problems.extend(links::check(file, |path| workspace.root().join(path).exists()));
        }
        problems.extend(links::check_book(&self.files));
        problems.extend(generated::check(&self.files));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_like_a_compiler_message() {
        assert_eq!(Problem::new("a/b.rs", 7, "no").to_string(), "a/b.rs:7: no");
    }

    #[test]
    fn the_extension_is_that_of_the_file_not_of_a_folder() {
        assert_eq!(extension("a.b/c"), "");
        assert_eq!(extension("a/b.test.js"), "js");
    }
}
