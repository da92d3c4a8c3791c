//! What a test begins with: the module that was named on the command line, and where the files are found that
//! it names itself.
//!
//! Tells scripts from archives by looking at them. Parses and runs nothing; start at [`Entry::read`].

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_plan::options::keyword::ScriptType;

use crate::archive::{self, Archive, ArchiveError, Metadata};
use crate::base::{SOURCE_LIMIT, normalise};
use crate::error::{LoadError, Problem};
use crate::files::{self, Files};
use crate::remote::{self, Remote, RemoteOptions};
use crate::source::ModuleId;

/// The largest archive that is read, in bytes.
const ARCHIVE_LIMIT: u64 = 5 << 30;

/// The module that a test begins with.
#[derive(Clone)]
pub struct Entry {
    pub(crate) id: ModuleId,
    /// What relative paths in it start at.
    pub(crate) folder: PathBuf,
    pub(crate) data: Arc<[u8]>,
    pub(crate) files: Arc<Files>,
    pub(crate) remote: Arc<Remote>,
    metadata: Option<Metadata>,
}

impl Entry {
    /// Reads the script or the archive at `path`, which may be a URL; `-` is standard input.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`].
    pub fn read(path: &Path, kind: ScriptType) -> Result<Self, LoadError> {
        Self::read_with(path, kind, RemoteOptions::default())
    }

    /// The same, and says how modules from the network are come by.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`].
    pub fn read_with(path: &Path, kind: ScriptType, remote: RemoteOptions) -> Result<Self, LoadError> {
        let entry = match path.to_str() {
            Some("-") => Self::from_reader(io::stdin().lock(), path, kind, remote),
            Some(url) if remote::is_remote(url) => Self::from_url(url, remote),
            _ => Self::from_file(path, kind, remote),
        };
        entry.map_err(LoadError::Unreadable)
    }

    /// What an archive says beside its files; `None` for scripts.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    /// The entry with everything that was seen to be read since.
    ///
    /// # Errors
    /// See [`Archive`].
    pub(crate) fn pack(&self) -> Result<Archive, ArchiveError> {
        Archive::pack(&self.id, &self.folder, Arc::clone(&self.data), self.files.seen(), self.remote.seen())
    }

    /// A script from the network. Files that it opens, and the lock file, are looked for in the current
    /// folder.
    fn from_url(url: &str, options: RemoteOptions) -> Result<Self, Problem> {
        let url = remote::parse(url)?;
        let here = std::path::absolute(".").unwrap_or_else(|_| "/".into());
        let remote = Remote::network(&here, options);
        let data = remote.read(url.as_str())?;
        let id = ModuleId::remote(&url);
        Ok(Entry { id, folder: here, data, files: Files::on_disk(), remote, metadata: None })
    }

    fn from_file(path: &Path, kind: ScriptType, remote: RemoteOptions) -> Result<Self, Problem> {
        let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(unreadable(path, "it is a folder"));
        }
        Self::from_reader(file, path, kind, remote)
    }

    fn from_reader(
        mut reader: impl Read,
        path: &Path,
        kind: ScriptType,
        remote: RemoteOptions,
    ) -> Result<Self, Problem> {
        let unreadable = |why: String| unreadable(path, &why);
        let head = files::read_all(reader.by_ref().take(archive::HEAD as u64), archive::HEAD as u64);
        let head = head.map_err(unreadable)?;
        let is_archive = match kind {
            ScriptType::Detect => archive::looks_like_archive(&head),
            ScriptType::Js => false,
            ScriptType::Archive => true,
        };
        let whole = head.chain(reader);
        if is_archive {
            return Self::archived(whole).map_err(|error| {
                let problem = Problem::new(format!("{}: {error}", path.display()));
                problem.hint("`archive SCRIPT` makes an archive; --type js reads the file as a script")
            });
        }
        let data: Arc<[u8]> = files::read_all(whole, SOURCE_LIMIT).map_err(unreadable)?.into();
        let here = std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| normalise(&path));
        let id = if path == Path::new("-") { ModuleId::stdin() } else { ModuleId::file(&here) };
        let folder = here.parent().unwrap_or(Path::new("/")).to_owned();
        let remote = Remote::network(&folder, remote);
        Ok(Entry { id, folder, data, files: Files::on_disk(), remote, metadata: None })
    }

    fn archived(reader: impl Read) -> Result<Self, ArchiveError> {
        let archive = Archive::read(reader.take(ARCHIVE_LIMIT))?;
        let id = archive.entry()?;
        let folder = match id.path().and_then(Path::parent) {
            Some(folder) if !id.is_stdin() => folder.to_owned(),
            _ => archive.folder()?,
        };
        let Archive { metadata, data, files, remote } = archive;
        let (files, remote) = (Files::archived(files), Remote::archived(remote));
        Ok(Entry { id, folder, data, files, remote, metadata: Some(metadata) })
    }
}

fn unreadable(path: &Path, why: &str) -> Problem {
    let name = if path == Path::new("-") { "from standard input".into() } else { path.display().to_string() };
    let problem = Problem::new(format!("the script {name} could not be read: {why}"));
    problem.hint(match path.is_dir() {
        true => "name the script's file inside of the folder",
        false => "check the path; it is relative to the current folder",
    })
}
