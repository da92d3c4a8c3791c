//! The guide is held to what it says: its scripts run, its flags exist, and its table of options is the
//! code's. The tables of `docs/K6_COMPAT.md` are generated from what plimsoll-script's tests check.
//!
//! Scripts are the fenced blocks marked `js` or `javascript` in the README and the book. Each runs for one
//! iteration against InsightDesk and has to end with exit code 0, and `check` finds no errors and no warnings
//! in it. An HTML comment right before a block says otherwise; its parts are separated by semicolons:
//!
//! | part | meaning |
//! |---|---|
//! | `exit: 99` | the exit code that is expected |
//! | `says: some text` | what the program must print besides |
//! | `flags: --no-data=pass` | more flags |
//! | `as it is` | the workload is the script's own |
//! | `file: lib/users.js` | not run, but put beside the other scripts of the page; of any language |
//! | `sockets: wss://chat.example.com` | run besides, with servers for sockets in place of this one |

use std::collections::BTreeSet;
use std::fs;

use plimsoll_plan::options::{OptionInfo, Place, Support, TABLE};

use crate::support::sockets::Servers;
use crate::support::{Finished, Folder, finish, repository, server};

/// The pages whose flags are plimsoll's own.
const FLAG_PAGES: [&str; 17] = [
    "docs/src/running-tests.md",
    "docs/src/options.md",
    "docs/src/control.md",
    "docs/src/remote.md",
    "docs/src/scripts.md",
    "docs/src/thresholds.md",
    "docs/src/validity.md",
    "docs/src/goals.md",
    "docs/src/capacity.md",
    "docs/src/compare.md",
    "docs/src/results.md",
    "docs/src/pictures.md",
    "docs/src/records.md",
    "docs/src/ci.md",
    "docs/src/outputs.md",
    "docs/src/check.md",
    "docs/src/http.md",
];

#[tokio::test]
async fn every_script_of_the_guide_runs() {
    let desk = server::desk().await;
    let mut scripts = 0;
    let mut failures = Vec::new();
    for page in pages() {
        let folder = Folder::new();
        let blocks = blocks(&page);
        for block in &blocks {
            block.lay_beside(&folder);
        }
        for block in blocks.iter().filter(|block| block.is_run()) {
            scripts += 1;
            let end = block.run(&folder, &desk.url()).await;
            failures.extend(block.complaint(&end));
            failures.extend(block.findings(&folder, &desk.url()).await);
        }
    }
    desk.shutdown().await;
    assert!(scripts > 10, "only {scripts} scripts were found");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test]
async fn scripts_with_sockets_run_too() {
    let servers = Servers::node().await;
    let pages = pages();
    let blocks = pages.iter().flat_map(|page| blocks(page));
    let blocks: Vec<Block> = blocks.filter(|block| block.part("sockets").is_some()).collect();
    assert!(blocks.len() >= 4, "only {} scripts were found", blocks.len());
    let folder = Folder::new();
    let mut failures = Vec::new();
    for mut block in blocks {
        let origin = block.part("sockets").expect("found by it").to_owned();
        let scheme = if origin.starts_with("ws") { "ws" } else { "http" };
        let text = block.text.replace(&origin, &format!("{scheme}://127.0.0.1:{}", servers.port));
        assert_ne!(text, block.text, "{}:{} does not name {origin}", block.page, block.line);
        block.text = text;
        let end = block.run(&folder, "").await;
        failures.extend(block.complaint(&end));
        if block.text.contains("check(") {
            let failed = end.row("checks_failed");
            assert!(failed.starts_with("0.00% 0 out of "), "{}:{}: {end}", block.page, block.line);
        }
    }
    servers.stop().await;
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test]
async fn every_flag_of_the_guide_exists() {
    let folder = Folder::new();
    let mut help = String::new();
    for command in ["run", "inspect", "check", "report", "compare", "calibrate", "capacity", "gate"] {
        help += &folder.plimsoll(&format!("{command} --help")).await.code(0).stdout;
    }
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let known: BTreeSet<&str> = words.filter(|word| word.starts_with("--")).collect();
    for page in FLAG_PAGES {
        let text = read(page);
        let named = flags_of(&text);
        let unknown: Vec<&&str> = named.iter().filter(|flag| !known.contains(**flag)).collect();
        assert!(unknown.is_empty(), "{page} names flags that do not exist: {unknown:?}");
    }
    assert!(flags_of(&read(FLAG_PAGES[0])).len() > 10, "the flags were not found");
}

#[test]
fn the_table_of_options_is_the_codes() {
    let text = read("docs/src/running-tests.md");
    let table =
        tables(&text).into_iter().find(|table| table.head[0] == "option").expect("a table of options");
    for info in TABLE {
        let row = table.rows.iter().find(|row| bare(&row[0]) == info.key);
        let row = row.unwrap_or_else(|| panic!("the option {} is not in the table", info.key));
        assert_eq!(std::array::from_fn(|column| bare(&row[column])), columns_of(info), "{}", info.key);
    }
    assert_eq!(table.rows.len(), TABLE.len(), "the table has options that the code does not have");
}

/// What the documentation says of an option, in the order of the columns.
fn columns_of(info: &OptionInfo) -> [&str; 5] {
    let place = if info.place == Place::Options { "yes" } else { "" };
    let state = match info.support {
        Support::Full => "works",
        Support::Ignored => "no effect",
    };
    [info.key, place, info.env, info.flag, state]
}

/// A fenced block of a page.
struct Block {
    page: String,
    line: usize,
    language: String,
    /// The comment before it, split into its parts.
    parts: Vec<String>,
    text: String,
}

impl Block {
    fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| part.strip_prefix(name)?.strip_prefix(": "))
    }

    fn is_run(&self) -> bool {
        matches!(self.language.as_str(), "js" | "javascript") && self.part("file").is_none()
    }

    fn lay_beside(&self, folder: &Folder) {
        let Some(name) = self.part("file") else { return };
        let path = folder.path(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a writable folder");
        folder.write(name, &self.text);
    }

    async fn run(&self, folder: &Folder, desk: &str) -> Finished {
        folder.write("script.js", &self.text);
        let as_it_is = self.parts.iter().any(|part| part == "as it is");
        let workload = if as_it_is { "" } else { "--vus 1 --iterations 1" };
        let flags = self.part("flags").unwrap_or_default();
        let mut command = folder.command(&format!("run --quiet {workload} {flags} script.js"));
        command.env("BASE_URL", desk);
        finish(command).await
    }

    /// What `check` has against a script that is not an example of how things go wrong.
    async fn findings(&self, folder: &Folder, desk: &str) -> Option<String> {
        if self.part("exit").is_some() || self.part("says").is_some() {
            return None;
        }
        let mut command = folder.command("check --strict script.js");
        command.env("BASE_URL", desk);
        let end = finish(command).await;
        (end.code != Some(0)).then(|| format!("{}:{}: {end}", self.page, self.line))
    }

    /// What is wrong with how the script ended.
    fn complaint(&self, end: &Finished) -> Option<String> {
        let expected = self.part("exit").map_or(0, |code| code.parse().expect("an exit code"));
        let said = self.part("says");
        let complaint = if end.code != Some(expected) {
            format!("not exit code {expected}")
        } else if let Some(said) =
            said.filter(|said| !end.stdout.contains(said) && !end.stderr.contains(said))
        {
            format!("nothing was said of {said:?}")
        } else if said.is_none() && end.stderr.contains("source=stacktrace") {
            // An exception changes no exit code, but it is not what an example is for.
            "an exception".to_owned()
        } else if end.stderr.contains("Request Failed") {
            "a request that reached nobody".to_owned()
        } else {
            return None;
        };
        Some(format!("{}:{}: {complaint}; {end}", self.page, self.line))
    }
}

fn blocks(page: &str) -> Vec<Block> {
    let text = read(page);
    let mut blocks = Vec::new();
    let mut parts = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((line, content)) = lines.next() {
        if let Some(language) = content.strip_prefix("```") {
            let code = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = code.flat_map(|line| [line, "\n"]).collect();
            let parts = std::mem::take(&mut parts);
            blocks.push(Block { page: page.to_owned(), line, language: language.to_owned(), parts, text });
        } else if let Some(comment) = content.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"))
        {
            parts = comment.split("; ").map(str::to_owned).collect();
        } else if !content.is_empty() {
            parts.clear();
        }
    }
    blocks
}

/// A table of a page.
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn tables(text: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let Some(row) = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')) else {
            inside = false;
            continue;
        };
        let cells: Vec<String> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        match tables.last_mut().filter(|_| inside) {
            None => tables.push(Table { head: cells, rows: Vec::new() }),
            Some(_) if cells[0].starts_with("---") => {}
            Some(table) => table.rows.push(cells),
        }
        inside = true;
    }
    tables
}

/// A cell without its code marks.
fn bare(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// The long flags in code spans, and on the command lines of `plimsoll`.
fn flags_of(text: &str) -> BTreeSet<&str> {
    let spans = text.split('`').skip(1).step_by(2).filter(|span| span.starts_with('-'));
    let commands = text.lines().filter(|line| line.starts_with("$ ") && line.contains("plimsoll run"));
    let end_of_name = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    spans
        .chain(commands)
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split(end_of_name).next().unwrap_or_default())
        .collect()
}

fn read(page: &str) -> String {
    fs::read_to_string(repository(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// The README and the pages of the book.
fn pages() -> Vec<String> {
    let book = fs::read_dir(repository("docs/src")).expect("the book").flatten();
    let names = book.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut pages: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/src/{name}")).collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}
