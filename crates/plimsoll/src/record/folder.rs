//! The folder in which records are kept unless somebody says otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::environment;

/// What names of records end with.
const EXTENSION: &str = "plimsoll";
/// How many records are kept.
const MOST_RECORDS: usize = 50;
/// How much they may take together.
const MOST_BYTES: u64 = 1 << 30;
/// A record that has just been written to may be that of a run which goes on.
const IN_USE: Duration = Duration::from_secs(60);

/// The folder for records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder(PathBuf);

/// A record in the folder.
#[derive(Debug)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

impl Folder {
    /// Below the folder for states; `None` for somebody without a home.
    pub(crate) fn of_user() -> Option<Self> {
        environment::state_folder().map(|folder| Self(folder.join("records")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a new record: the script's name, the time, the process.
    pub(crate) fn new_record(&self, script: &Path) -> PathBuf {
        let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        self.0.join(format!("{}-{time}-{}.{EXTENSION}", telling_name(script), std::process::id()))
    }

    /// The record that was written to last. A file without content is that of a run which has not begun.
    pub(crate) fn newest(&self) -> Option<PathBuf> {
        self.records().into_iter().find(|entry| entry.bytes > 0).map(|entry| entry.path)
    }

    /// Makes room for one more record, for which nothing without content is needed. What cannot be deleted
    /// stays.
    pub(crate) fn make_room(&self) {
        let (mut bytes, now) = (0, SystemTime::now());
        for (place, entry) in self.records().into_iter().enumerate() {
            bytes += entry.bytes;
            let is_in_use = now.duration_since(entry.modified).is_ok_and(|age| age < IN_USE);
            let is_too_much = place + 1 >= MOST_RECORDS || bytes > MOST_BYTES;
            if (is_too_much || entry.bytes == 0) && !is_in_use {
                match fs::remove_file(&entry.path) {
                    Ok(()) => tracing::debug!(target: "plimsoll", "removed {}", entry.path.display()),
                    Err(why) => {
                        tracing::debug!(target: "plimsoll", "{} stays: {why}", entry.path.display());
                    }
                }
            }
        }
    }

    /// All records, the newest first.
    fn records(&self) -> Vec<Entry> {
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let entry = |file: fs::DirEntry| {
            let path = file.path();
            let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
            let is_record = path.extension().is_some_and(|extension| extension == EXTENSION);
            is_record.then_some(Entry { bytes: metadata.len(), modified: metadata.modified().ok()?, path })
        };
        let mut records: Vec<Entry> = files.filter_map(entry).collect();
        // Names break ties: they hold the time.
        records.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
        records
    }
}

/// What is left of a script's path in a name of a file: `-` and URLs are scripts too.
fn telling_name(script: &Path) -> String {
    let stem = script.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let letters = stem.chars().filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter));
    let name: String = letters.take(40).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() { "test".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_of_the_script() {
        let names = [
            ("load/checkout.test.js", "checkout.test"),
            ("-", "test"),
            ("https://example.com/a%20b.js?x=1", "a20b"),
            ("..", "test"),
        ];
        for (script, name) in names {
            assert_eq!(telling_name(Path::new(script)), name, "{script}");
        }
    }

    #[test]
    fn the_newest_are_kept() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder(home.path().to_owned());
        let long_ago = SystemTime::now() - Duration::from_secs(86_400);
        for number in 0..60 {
            let path = home.path().join(format!("{number}.plimsoll"));
            fs::write(&path, "a record").expect("writable");
            let file = fs::File::options().write(true).open(&path).expect("writable");
            file.set_modified(long_ago + Duration::from_secs(number)).expect("a time");
        }
        fs::write(home.path().join("notes.txt"), "mine").expect("writable");
        folder.make_room();
        let left = folder.records();
        assert_eq!(left.len(), MOST_RECORDS - 1, "with the new one as many as are kept");
        assert!(left[0].path.ends_with("59.plimsoll") && left[48].path.ends_with("11.plimsoll"));
        assert_eq!(folder.newest().expect("one"), home.path().join("59.plimsoll"));
        assert!(home.path().join("notes.txt").exists(), "nothing else is touched");
    }

    #[test]
    fn a_run_that_never_began_is_not_the_last_one() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder(home.path().to_owned());
        let [empty, run] = ["b.plimsoll", "a.plimsoll"].map(|name| home.path().join(name));
        let long_ago = SystemTime::now() - Duration::from_secs(86_400);
        fs::write(&run, "a record").expect("writable");
        fs::File::options()
            .write(true)
            .open(&run)
            .and_then(|file| file.set_modified(long_ago))
            .expect("a time");
        let file = fs::File::create(&empty).expect("writable");
        assert_eq!(folder.newest(), Some(run.clone()));
        folder.make_room();
        assert!(empty.exists(), "it may be about to begin");
        file.set_modified(long_ago).expect("a time");
        folder.make_room();
        assert!(run.exists() && !empty.exists());
    }

    #[test]
    fn together_they_take_a_gibibyte() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder(home.path().to_owned());
        let long_ago = SystemTime::now() - Duration::from_secs(86_400);
        for number in 0..3 {
            let file = fs::File::create(home.path().join(format!("{number}.plimsoll"))).expect("writable");
            // Holes take no room on the disk.
            file.set_len(600 << 20).expect("a length");
            file.set_modified(long_ago + Duration::from_secs(number)).expect("a time");
        }
        folder.make_room();
        assert_eq!(folder.records().len(), 1);
    }
}
