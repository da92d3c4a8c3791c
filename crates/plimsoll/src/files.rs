//! Files of results: whole, or not there.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use plimsoll_output::file::in_place;

/// Writes beside the file and renames, so that a failure leaves an earlier file as it was. What is no file,
/// such as a pipe or a terminal, is written to as it is, and so is what somebody has opened: behind
/// `/dev/stdout` may be a file that others go on writing to.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), String> {
    let as_it_is = |content: &[u8]| {
        let mut stream = in_place::open(path)?;
        stream.write_all(content).and_then(|()| stream.flush())
    };
    let written = match fs::metadata(path) {
        _ if in_place::is(path) => as_it_is(content.as_ref()),
        // A link stays a link.
        Ok(_) => fs::canonicalize(path).and_then(|target| replace(&target, content)),
        Err(_) => replace(path, content),
    };
    written.map_err(|error| not_written(path, &error))
}

/// Whether the file could be written: what would be written beside it is begun, and removed at once.
pub(crate) fn probe(path: &Path) -> Result<(), String> {
    let begin = |path: &Path| {
        let beside = beside(path);
        fs::write(&beside, "").and_then(|()| fs::remove_file(&beside))
    };
    let probed = match fs::metadata(path) {
        Ok(what) if what.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        _ if in_place::is(path) => Ok(()),
        Ok(_) => fs::canonicalize(path).and_then(|target| begin(&target)),
        Err(_) => begin(path),
    };
    probed.map_err(|error| not_written(path, &error))
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    beside.into()
}

fn replace(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let beside = beside(path);
    fs::write(&beside, content).and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        // What was begun is of no use to anybody; that it cannot be removed would be no news.
        let _ = fs::remove_file(&beside);
    })
}

/// The words for a file that could not be written.
pub(crate) fn not_written(path: &Path, error: &io::Error) -> String {
    format!("{} could not be written: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.json");
        fs::write(&path, "of an earlier run, and longer").expect("writable");
        write(&path, "new").expect("writable");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "new");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
        let error = write(&folder.path().join("none/a.json"), "new").expect_err("no folder");
        assert!(error.contains("none/a.json could not be written"), "{error}");
    }

    #[test]
    fn what_could_not_be_written_is_known_before() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.json");
        probe(&path).expect("writable");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing stays");
        fs::write(&path, "of an earlier run").expect("writable");
        probe(&path).expect("writable");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "of an earlier run");
        let error = probe(&folder.path().join("none/a.json")).expect_err("no folder");
        assert!(error.contains("none/a.json could not be written"), "{error}");
        probe(folder.path()).expect_err("a folder");
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_stays_what_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("writable");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(&link, "new").expect("writable");
        assert_eq!(fs::read_to_string(&file).expect("readable"), "new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        write(Path::new("/dev/null"), "new").expect("writable");
        assert!(!fs::metadata("/dev/null").expect("there").is_file());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_open_is_written_behind_what_is_there() {
        use std::os::fd::AsRawFd as _;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log");
        let mut open = fs::File::create(&path).expect("writable");
        open.write_all(b"first, ").expect("writable");
        write(Path::new(&format!("/proc/self/fd/{}", open.as_raw_fd())), "second").expect("writable");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "first, second");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
        assert!(!in_place::is(Path::new("/dev/shm/report.html")) && !in_place::is(&path));
    }
}
