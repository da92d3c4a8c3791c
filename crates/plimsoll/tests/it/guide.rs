//! The guide is held to what it says: its scripts run, its flags exist, its table of options is the code's, and what
//! `docs/K6_COMPAT.md` calls supported is there.
//!
//! Scripts are the fenced blocks marked `js` of the README and the book. Each runs for one iteration and has to end
//! with exit code 0. An HTML comment right before a block says otherwise; its parts are separated by semicolons:
//!
//! | part | meaning |
//! |---|---|
//! | `exit: 99` | the exit code that is expected |
//! | `says: some text` | what the program must print besides |
//! | `flags: --no-data=pass` | more flags |
//! | `as it is` | the workload is the script's own |
//! | `file: lib/users.js` | not run, but put beside the other scripts of the page; of any language |
//!
//! A block marked `js,fragment` has no default function; it gets one that does nothing.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use plimsoll_plan::options::{OptionInfo, Place, Support, TABLE};

/// How long one run may take; examples need a second or two.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pages whose flags are plimsoll's own.
const FLAG_PAGES: [&str; 4] =
    ["docs/src/running-tests.md", "docs/src/scripts.md", "docs/src/thresholds.md", "docs/src/results.md"];

#[test]
fn every_script_of_the_guide_runs() {
    let mut scripts = 0;
    let mut failures = Vec::new();
    for page in pages() {
        let folder = tempfile::tempdir().expect("a folder");
        let blocks = blocks(&page);
        for block in &blocks {
            block.lay_beside(folder.path());
        }
        for block in blocks.iter().filter(|block| block.is_run()) {
            scripts += 1;
            failures.extend(block.run(folder.path()).err());
        }
    }
    assert!(scripts > 10, "only {scripts} scripts were found");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_flag_of_the_guide_exists() {
    let help = plimsoll(&repository(), &["run", "--help"]).printed;
    let known: BTreeSet<&str> =
        help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|word| word.starts_with("--")).collect();
    for page in FLAG_PAGES {
        let text = read(page);
        let named = flags_of(&text);
        let unknown: Vec<&&str> = named.iter().filter(|flag| !known.contains(**flag)).collect();
        assert!(unknown.is_empty(), "{page} names flags that do not exist: {unknown:?}");
    }
    assert!(flags_of(&read(FLAG_PAGES[0])).len() > 10);
}

#[test]
fn the_table_of_options_is_the_codes() {
    let text = read("docs/src/running-tests.md");
    let rows: Vec<Vec<String>> =
        tables(&text).into_iter().filter(|table| table.head[0] == "option").flat_map(|table| table.rows).collect();
    let documented: Vec<[&str; 5]> =
        rows.iter().map(|row| std::array::from_fn(|column| row[column].as_str())).collect();
    for info in TABLE {
        let row = documented.iter().find(|row| bare(row[0]) == info.key);
        let row = row.unwrap_or_else(|| panic!("the option {} is not in the table", info.key));
        assert_eq!(row.map(bare), columns_of(info), "the row of {}", info.key);
    }
    assert_eq!(documented.len(), TABLE.len(), "the table has options that the code does not have");
}

#[test]
fn what_is_called_supported_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("claims.js"), claims_script(&read("docs/K6_COMPAT.md"))).expect("writable");
    let end = plimsoll(folder.path(), &["run", "--quiet", "claims.js"]);
    assert_eq!(end.code, Some(0), "{}", end.printed);
    assert!(end.printed.contains("all claims hold"), "{}", end.printed);
}

#[test]
fn modules_that_are_not_there_yet_are_refused_by_name() {
    let text = read("docs/K6_COMPAT.md");
    let modules = tables(&text).into_iter().find(|table| table.head[0] == "module").expect("a table of modules");
    let (there, not_yet): (Vec<_>, Vec<_>) = modules.rows.iter().partition(|row| row[1] != "not yet");
    let imports = |rows: &[&Vec<String>]| -> String {
        rows.iter().map(|row| format!("import '{}';\n", bare(&row[0]))).collect()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("imports.js");
    fs::write(&path, imports(&there) + "export default function () {}\n").expect("writable");
    let end = plimsoll(folder.path(), &["run", "--quiet", "imports.js"]);
    assert_eq!(end.code, Some(0), "{}", end.printed);

    fs::write(&path, imports(&not_yet) + "export default function () {}\n").expect("writable");
    let end = plimsoll(folder.path(), &["run", "--quiet", "imports.js"]);
    assert_eq!(end.code, Some(107), "{}", end.printed);
    for row in &not_yet {
        let refusal = format!("cannot import '{}'", bare(&row[0]));
        assert!(end.printed.contains(&refusal), "no {refusal:?} in:\n{}", end.printed);
    }
}

/// What the documentation says of an option, in the order of the columns.
fn columns_of(info: &OptionInfo) -> [&str; 5] {
    let place = if info.place == Place::Options { "yes" } else { "" };
    let state = match info.support {
        Support::Full => "works",
        Support::Ignored => "no effect",
        Support::Refused(_) => "refused",
    };
    [info.key, place, info.env, info.flag, state]
}

/// A script that looks at everything in the tables of symbols. Each table stands under a heading that names what its
/// symbols belong to.
fn claims_script(document: &str) -> String {
    let mut claims = String::new();
    for table in tables(document).into_iter().filter(|table| table.head[0] == "symbol") {
        for row in &table.rows {
            let claim = serde_json::json!([bare(&table.heading), bare(&row[0]), row[1], bare(&row[2])]);
            claims.push_str(&format!("  {claim},\n"));
        }
    }
    assert!(claims.lines().count() > 50, "the tables of symbols were not found");
    include_str!("guide_claims.js").replace("/* claims */", &claims)
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
        self.language.starts_with("js") && self.part("file").is_none()
    }

    fn lay_beside(&self, folder: &Path) {
        let Some(name) = self.part("file") else { return };
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("writable");
        fs::write(path, &self.text).expect("writable");
    }

    /// Runs the script; what is wrong is the error.
    fn run(&self, folder: &Path) -> Result<(), String> {
        let mut text = self.text.clone();
        if self.language == "js,fragment" {
            text.push_str("\nexport default function () {}\n");
        }
        fs::write(folder.join("script.js"), text).expect("writable");
        let mut arguments = vec!["run", "--quiet", "script.js"];
        if !self.parts.iter().any(|part| part == "as it is") {
            arguments.extend(["--iterations", "1"]);
        }
        arguments.extend(self.part("flags").into_iter().flat_map(str::split_whitespace));
        let end = plimsoll(folder, &arguments);
        let place = format!("{}:{}", self.page, self.line);
        let expected = self.part("exit").map_or(0, |code| code.parse().expect("an exit code"));
        if end.code != Some(expected) {
            return Err(format!("{place}: ended with {:?}, not {expected}:\n{}", end.code, end.printed));
        }
        match self.part("says") {
            Some(said) if !end.printed.contains(said) => {
                Err(format!("{place}: does not say {said:?}:\n{}", end.printed))
            }
            // An exception in an iteration changes no exit code, but it is not what an example is for.
            None if end.printed.contains("source=stacktrace") => Err(format!("{place}: threw:\n{}", end.printed)),
            _ => Ok(()),
        }
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
        } else if let Some(comment) = content.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            parts = comment.split("; ").map(str::to_owned).collect();
        } else if !content.is_empty() {
            parts.clear();
        }
    }
    blocks
}

/// A table of a page, and the heading that it stands under.
struct Table {
    heading: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn tables(text: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut heading = String::new();
    let mut inside = false;
    for line in text.lines() {
        let Some(row) = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')) else {
            inside = false;
            if line.starts_with('#') {
                heading = line.trim_start_matches(['#', ' ']).to_owned();
            }
            continue;
        };
        let cells: Vec<String> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        match tables.last_mut().filter(|_| inside) {
            None => tables.push(Table { heading: heading.clone(), head: cells, rows: Vec::new() }),
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

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(page: &str) -> String {
    fs::read_to_string(repository().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// The README and the pages of the book.
fn pages() -> Vec<String> {
    let book = fs::read_dir(repository().join("docs/src")).expect("the book").flatten();
    let names = book.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut pages: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/src/{name}")).collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

/// How a run ended, and everything that it printed.
struct End {
    code: Option<i32>,
    printed: String,
}

/// Runs the program against InsightDesk, bounded in time.
fn plimsoll(folder: &Path, arguments: &[&str]) -> End {
    let printed = tempfile::NamedTempFile::new().expect("a file");
    let log = || Stdio::from(File::options().append(true).open(printed.path()).expect("writable"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(log()).stderr(log());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("K6_")) {
        command.env_remove(name);
    }
    let mut child = command.env("BASE_URL", desk()).env("NO_COLOR", "1").spawn().expect("plimsoll was built");
    let pause = Duration::from_millis(10);
    let mut left = PATIENCE;
    let code = loop {
        match child.try_wait().expect("it is our own child") {
            Some(status) => break status.code(),
            None if left.is_zero() => {
                child.kill().expect("it is our own child");
                break None;
            }
            None => std::thread::sleep(pause),
        }
        left = left.saturating_sub(pause);
    };
    End { code, printed: fs::read_to_string(printed.path()).expect("readable") }
}

/// The address of an InsightDesk that lives as long as the tests.
fn desk() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event loop");
            runtime.block_on(async {
                let desk = insightdesk::spawn(insightdesk::Config::default()).await.expect("InsightDesk starts");
                tell.send(desk.url()).expect("somebody asked");
                std::future::pending::<()>().await;
            });
        });
        told.recv_timeout(PATIENCE).expect("InsightDesk starts")
    })
}
