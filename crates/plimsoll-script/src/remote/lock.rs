//! `plimsoll.lock`: what each remote module of the tests in a folder must contain. To be committed.
//!
//! A line for each URL, sorted, so that changes of two branches merge: the URL, the [`Integrity`] of what it
//! serves, and, when it redirects, where to.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::integrity::Integrity;
use super::{address, cache};
use crate::error::Problem;
use crate::files;

/// The file's name.
pub(super) const NAME: &str = "plimsoll.lock";
/// Thousands of URLs.
const SIZE_LIMIT: u64 = 16 << 20;
const HEADING: &str = "# What the modules from the network contained when they were fetched first. \
                       Written by plimsoll; commit it.\n";

/// URLs and what they are pinned to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lock(BTreeMap<String, Pin>);

/// What one URL is pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) integrity: Integrity,
    /// Where redirects ended, if there were any.
    pub(super) address: Option<String>,
}

impl Lock {
    pub(super) fn of(pins: impl Iterator<Item = (String, Pin)>) -> Self {
        Lock(pins.collect())
    }

    pub(super) fn get(&self, url: &str) -> Option<&Pin> {
        self.0.get(url)
    }

    /// Reads the file; one that is not there is empty.
    ///
    /// # Errors
    /// When it cannot be read, or a line is malformed.
    pub(super) fn read(path: &Path) -> Result<Self, Problem> {
        let problem = |why: String| Problem::new(format!("{} could not be read: {why}", path.display()));
        let bytes = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::default()),
            Err(error) => return Err(problem(error.to_string())),
            Ok(file) => files::read_all(file, SIZE_LIMIT).map_err(problem)?,
        };
        let text = String::from_utf8_lossy(&bytes);
        Self::parse(&text).map_err(|(line, why)| {
            let problem = Problem::new(format!("{}:{line}: {why}", path.display()));
            problem.note("a line is a URL, a blank, and sha256-BASE64 of what it serves")
        })
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut lock = Lock::default();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = |why: String| (index + 1, why);
            match words[..] {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                [url, integrity] => lock.insert(url, integrity, None).map_err(at)?,
                [url, integrity, address] => lock.insert(url, integrity, Some(address)).map_err(at)?,
                _ => return Err(at(format!("malformed line: {line}"))),
            }
        }
        Ok(lock)
    }

    fn insert(&mut self, url: &str, integrity: &str, address: Option<&str>) -> Result<(), String> {
        for url in std::iter::once(url).chain(address) {
            address::parse(url).map_err(|problem| problem.message)?;
        }
        let integrity = Integrity::parse(integrity).ok_or(format!("malformed integrity: {integrity}"))?;
        match self.0.insert(url.to_owned(), Pin { integrity, address: address.map(str::to_owned) }) {
            // As a merge of two branches leaves it.
            Some(other) if other != self.0[url] => Err(format!("{url} is there twice")),
            _ => Ok(()),
        }
    }

    /// Adds these to what the file has by now. Nothing is written when it has them all.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(super) fn add_to(self, path: &Path) -> Result<(), String> {
        let folder = path.parent().unwrap_or(Path::new("."));
        if self.0.is_empty() {
            return Ok(());
        }
        // Tests of one folder may be loaded at the same time, and none must lose what another one adds. Where
        // folders cannot be locked, that is a risk; it is no reason to fail.
        let guard = File::open(folder);
        let _locked = guard.as_ref().is_ok_and(|folder| folder.lock().is_ok());
        let mut whole = Self::read(path).map_err(|problem| problem.to_string())?;
        let before = whole.0.clone();
        whole.0.extend(self.0);
        if whole.0 == before {
            return Ok(());
        }
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        cache::write_whole(&target, whole.to_string().as_bytes()).map_err(|error| error.to_string())
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADING)?;
        for (url, pin) in &self.0 {
            write!(f, "{url} {}", pin.integrity)?;
            if let Some(address) = &pin.address {
                write!(f, " {address}")?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pin(content: &str, address: Option<&str>) -> Pin {
        Pin { integrity: Integrity::of(content.as_bytes()), address: address.map(str::to_owned) }
    }

    fn lock(pins: &[(&str, &str)]) -> Lock {
        Lock::of(pins.iter().map(|(url, content)| ((*url).to_owned(), pin(content, None))))
    }

    #[test]
    fn lines_are_sorted_and_read_back() {
        let mut lock = lock(&[("https://b.example/b.js", "b"), ("https://a.example/a.js", "a")]);
        lock.0.insert("https://c.example/c".into(), pin("c", Some("https://c.example/c@1.2.3/index.js")));
        let text = lock.to_string();
        let hosts: Vec<&str> = text.lines().skip(1).map(|line| &line[8..9]).collect();
        assert_eq!(hosts, ["a", "b", "c"]);
        assert_eq!(Lock::parse(&text), Ok(lock));
    }

    #[test]
    fn malformed_lines_are_named() {
        for (line, why) in [
            ("https://a.example/a.js", "malformed line"),
            ("https://a.example/a.js sha256-x", "malformed integrity: sha256-x"),
            ("<<<<<<< HEAD", "cannot import '<<<<<<<'"),
        ] {
            let (number, message) = Lock::parse(&format!("# heading\n\n{line}\n")).expect_err(line);
            assert!(number == 3 && message.starts_with(why), "{number} {message}");
        }
        let twice = lock(&[("https://a.example/a.js", "1")]).to_string()
            + &lock(&[("https://a.example/a.js", "2")]).to_string();
        assert!(Lock::parse(&twice).expect_err("ambiguous").1.ends_with("is there twice"));
    }

    #[test]
    fn what_others_have_added_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(NAME);
        lock(&[("https://a.example/a.js", "1")]).add_to(&path).expect("writable");
        lock(&[("https://b.example/b.js", "1"), ("https://a.example/a.js", "2")])
            .add_to(&path)
            .expect("writable");
        let expected = lock(&[("https://a.example/a.js", "2"), ("https://b.example/b.js", "1")]);
        assert_eq!(Lock::read(&path).expect("readable"), expected);
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[ -~\n]{0,200}") {
            let _ = Lock::parse(&text);
        }
    }
}
