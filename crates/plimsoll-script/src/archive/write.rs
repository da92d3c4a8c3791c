//! Writing archives: the same test gives the same bytes, so there are no times and no owners in them.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

use super::Archive;
use crate::remote;

impl Archive {
    /// Writes the archive.
    ///
    /// # Errors
    /// The writer's.
    pub fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut builder = Builder::new(writer);
        let metadata = serde_json::to_vec_pretty(&self.metadata)?;
        append(&mut builder, Path::new("metadata.json"), &metadata)?;
        append(&mut builder, Path::new("data"), &self.data)?;
        for folder in self.folders() {
            let mut header = header(EntryType::Directory, 0o755, 0);
            builder.append_data(&mut header, member(&folder), io::empty())?;
        }
        let entry = self.entry().map_err(io::Error::other)?;
        let entry = entry
            .url()
            .map(remote::member_name)
            .map_or_else(|| member(entry.path().unwrap_or(Path::new("/"))), PathBuf::from);
        let files = self.files.iter().map(|(path, bytes)| (member(path), bytes));
        let remote = self.remote.contents.iter().map(|(name, bytes)| (PathBuf::from(name), bytes));
        for (name, bytes) in files.chain(remote) {
            if name == entry {
                let mut header = header(EntryType::Link, 0o644, 0);
                builder.append_link(&mut header, name, "data")?;
            } else {
                append(&mut builder, &name, bytes)?;
            }
        }
        builder.into_inner()?.flush()
    }

    /// Every folder that a file is in, the outer ones first.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let folders = self.files.keys().flat_map(|path| path.ancestors().skip(1));
        folders.filter(|folder| folder.parent().is_some()).map(Path::to_owned).collect()
    }
}

/// The name of a file's member.
fn member(path: &Path) -> PathBuf {
    Path::new("file").join(path.strip_prefix("/").unwrap_or(path))
}

fn append<W: Write>(builder: &mut Builder<W>, name: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut header = header(EntryType::Regular, 0o644, bytes.len() as u64);
    builder.append_data(&mut header, name, bytes)
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}
