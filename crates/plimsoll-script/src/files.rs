//! The files of a test: on the disk, or in an archive and nowhere else.
//!
//! Reads each file once; all VUs share the bytes. What was read is remembered, since it is what an archive of
//! the test must hold. Start at [`Files::read`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::archive;
use crate::sealed::Sealed;

/// How many neighbouring files are looked at for a suggestion.
const NEIGHBOUR_LIMIT: usize = 200;

/// Contents of files by absolute path.
pub(crate) type Contents = BTreeMap<PathBuf, Arc<[u8]>>;

/// Where a test's files are found, and what was read of them.
pub(crate) struct Files {
    /// The files of an archive; `None` is the disk.
    archived: Option<Contents>,
    read: Mutex<BTreeMap<PathBuf, Kept>>,
}

/// What is kept of a file that was read.
#[derive(Default)]
struct Kept {
    bytes: Option<Arc<[u8]>>,
    sealed: Option<Sealed>,
}

impl Files {
    /// The disk.
    pub(crate) fn on_disk() -> Arc<Self> {
        Arc::new(Files { archived: None, read: Mutex::default() })
    }

    /// Only these; the disk is never asked.
    pub(crate) fn archived(contents: Contents) -> Arc<Self> {
        Arc::new(Files { archived: Some(contents), read: Mutex::default() })
    }

    /// The content of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// Why it cannot be read, without its path.
    pub(crate) fn read(&self, path: &Path, limit: u64) -> Result<Arc<[u8]>, String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = read.get(path).and_then(|kept| kept.bytes.as_ref()) {
            return Ok(Arc::clone(bytes));
        }
        let bytes = self.fetch(path, limit)?;
        read.entry(path.to_owned()).or_default().bytes = Some(Arc::clone(&bytes));
        Ok(bytes)
    }

    /// The same for somebody who is the only one to read it: the bytes are not kept for others.
    ///
    /// # Errors
    /// As [`Files::read`].
    pub(crate) fn read_once(&self, path: &Path, limit: u64) -> Result<Arc<[u8]>, String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = read.get(path).and_then(|kept| kept.bytes.as_ref()).cloned();
        let bytes = kept.map_or_else(|| self.fetch(path, limit), Ok)?;
        read.entry(path.to_owned()).or_default();
        Ok(bytes)
    }

    /// The content as what buffers are made of.
    ///
    /// # Errors
    /// As [`Files::read`].
    pub(crate) fn read_sealed(&self, path: &Path, limit: u64) -> Result<Sealed, String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sealed) = read.get(path).and_then(|kept| kept.sealed.as_ref()) {
            return Ok(sealed.clone());
        }
        let kept = read.get(path).and_then(|kept| kept.bytes.as_ref()).cloned();
        let bytes = kept.map_or_else(|| self.fetch(path, limit), Ok)?;
        let sealed = Sealed::new(&bytes);
        read.entry(path.to_owned()).or_default().sealed = Some(sealed.clone());
        Ok(sealed)
    }

    fn fetch(&self, path: &Path, limit: u64) -> Result<Arc<[u8]>, String> {
        match &self.archived {
            Some(contents) => find(contents, path).ok_or_else(|| "it is not in the archive".into()),
            None => Ok(from_disk(path, limit)?.into()),
        }
    }

    /// Everything that was read so far. Files of which the bytes were not kept are read again.
    pub(crate) fn seen(&self) -> Contents {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let content = |(path, kept): (&PathBuf, &Kept)| {
            let bytes = kept.bytes.clone().or_else(|| self.fetch(path, u64::MAX - 1).ok())?;
            Some((path.clone(), bytes))
        };
        read.iter().filter_map(content).collect()
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, path: &Path) -> bool {
        match &self.archived {
            Some(contents) => find(contents, path).is_some(),
            None => path.is_file(),
        }
    }

    /// Scripts of a folder, sorted, at most [`NEIGHBOUR_LIMIT`].
    pub(crate) fn scripts_in(&self, folder: &Path) -> Vec<PathBuf> {
        let is_script = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "js" || ext == "ts");
        let mut paths: Vec<PathBuf> = match &self.archived {
            Some(contents) => {
                let inside = contents.keys().filter(|path| path.parent() == Some(folder)).cloned();
                inside.filter(is_script).take(NEIGHBOUR_LIMIT).collect()
            }
            None => {
                let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
                entries.map(|entry| entry.path()).filter(is_script).take(NEIGHBOUR_LIMIT).collect()
            }
        };
        paths.sort();
        paths
    }
}

/// Archives hide whose home folder a file was in; paths in scripts may still say it.
fn find(contents: &Contents, path: &Path) -> Option<Arc<[u8]>> {
    contents.get(path).or_else(|| contents.get(&archive::anonymous(path))).cloned()
}

fn from_disk(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err("it is a folder".into());
    }
    read_all(file, limit)
}

/// Reads to the end; what a device or a pipe will deliver is not known before.
///
/// # Errors
/// When there is more than `limit`, or reading fails.
pub(crate) fn read_all(reader: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    match reader.take(limit + 1).read_to_end(&mut bytes) {
        Ok(read) if read as u64 > limit => Err(format!("it is larger than {limit} bytes")),
        Ok(_) => Ok(bytes),
        Err(error) => Err(reading_failed(&error)),
    }
}

fn reading_failed(error: &io::Error) -> String {
    format!("reading failed: {error}")
}

/// The text of a source file, without the mark that some editors begin it with.
///
/// # Errors
/// When it is not UTF-8.
pub(crate) fn text_of(bytes: &[u8]) -> Result<Arc<str>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes);
    text.map(Arc::from).map_err(|error| format!("it is not UTF-8 (byte {})", error.valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archived(names: &[&str]) -> Arc<Files> {
        Files::archived(names.iter().map(|name| (PathBuf::from(name), name.as_bytes().into())).collect())
    }

    #[test]
    fn an_archive_never_falls_back_to_the_disk() {
        let here = std::env::current_exe().expect("a running test");
        assert!(Files::on_disk().has(&here) && !archived(&["/a.js"]).has(&here));
        let error = archived(&["/a.js"]).read(&here, u64::MAX - 1).expect_err("not archived");
        assert_eq!(error, "it is not in the archive");
    }

    #[test]
    fn home_folders_are_found_under_nobodys_name() {
        let files = archived(&["/home/nobody/users.json"]);
        let bytes = files.read(Path::new("/home/alice/users.json"), 100).expect("archived");
        assert_eq!(&*bytes, b"/home/nobody/users.json");
    }

    #[test]
    fn what_was_read_is_remembered() {
        let files = archived(&["/a.js", "/b.js"]);
        files.read(Path::new("/b.js"), 100).expect("archived");
        assert_eq!(files.seen().into_keys().collect::<Vec<_>>(), [Path::new("/b.js")]);
    }

    #[test]
    fn too_much_is_refused() {
        assert_eq!(read_all(&[0; 8][..], 8).expect("fits").len(), 8);
        assert_eq!(read_all(io::repeat(0), 8).expect_err("endless"), "it is larger than 8 bytes");
    }
}
