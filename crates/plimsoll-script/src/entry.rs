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
use crate::error::{LoadError, Problem};
use crate::files::{self, Files};
use crate::graph::{SOURCE_LIMIT, normalise};
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
    metadata: Option<Metadata>,
}

impl Entry {
    /// Reads the script or the archive at `path`; `-` is standard input.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`].
    pub fn read(path: &Path, kind: ScriptType) -> Result<Self, LoadError> {
        let shown = path.display();
        let entry = match path.to_str() {
            Some("-") => Self::from_reader(io::stdin().lock(), path, kind),
            Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
                let problem = Problem::new(format!("{shown}: remote scripts are not supported yet"));
                Err(problem.hint("download the script and give its path"))
            }
            _ => Self::from_file(path, kind),
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
        let path = self.id.path().unwrap_or(Path::new("/"));
        Archive::pack(path, &self.folder, Arc::clone(&self.data), self.files.seen())
    }

    fn from_file(path: &Path, kind: ScriptType) -> Result<Self, Problem> {
        let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(unreadable(path, "it is a folder"));
        }
        Self::from_reader(file, path, kind)
    }

    fn from_reader(mut reader: impl Read, path: &Path, kind: ScriptType) -> Result<Self, Problem> {
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
        Ok(Entry { id, folder, data, files: Files::on_disk(), metadata: None })
    }

    fn archived(reader: impl Read) -> Result<Self, ArchiveError> {
        let archive = Archive::read(reader.take(ARCHIVE_LIMIT))?;
        let path = archive.entry()?;
        let id = ModuleId::file(&path);
        let folder = match path.parent() {
            Some(folder) if !id.is_stdin() => folder.to_owned(),
            _ => archive.folder()?,
        };
        let Archive { metadata, data, files } = archive;
        Ok(Entry { id, folder, data, files: Files::archived(files), metadata: Some(metadata) })
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
