//! Reading archives from anybody: every size and number has a limit, and names are only looked up.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tar::EntryType;

use super::{Archive, ArchiveError, Metadata};
use crate::base::normalise;
use crate::files::{self, Contents};
use crate::remote::{self, Members};

/// How many bytes of a file [`looks_like_archive`] wants to see.
pub(crate) const HEAD: usize = 512;
/// A test has some hundred files; whatever has this many is something else.
const MEMBER_LIMIT: usize = 50_000;
/// The most bytes of all members together, which stay in memory.
const TOTAL_LIMIT: u64 = 4 << 30;
/// Options, names and variables.
const METADATA_LIMIT: u64 = 16 << 20;

/// Whether a file that begins like this is a tar archive: its first header names the format, and is padded
/// with zeros, which no script has.
pub(crate) fn looks_like_archive(head: &[u8]) -> bool {
    head.len() == HEAD && &head[257..262] == b"ustar" && head.contains(&0)
}

impl Archive {
    /// Reads an archive.
    ///
    /// # Errors
    /// When it is malformed, cut off, beyond a limit, or not of a test.
    pub fn read(reader: impl Read) -> Result<Self, ArchiveError> {
        let mut archive = tar::Archive::new(reader);
        let mut parts = Parts::default();
        for (index, member) in archive.entries()?.enumerate() {
            if index == MEMBER_LIMIT {
                return Err(ArchiveError::TooMany(MEMBER_LIMIT));
            }
            parts.add(member?)?;
        }
        parts.assemble()
    }
}

/// What has been read of an archive.
#[derive(Default)]
struct Parts {
    metadata: Option<Metadata>,
    data: Option<Vec<u8>>,
    files: Contents,
    remote: Members,
    total: u64,
}

impl Parts {
    fn add<R: Read>(&mut self, member: tar::Entry<'_, R>) -> Result<(), ArchiveError> {
        let name = String::from_utf8_lossy(&member.path_bytes()).replace('\\', "/");
        let refused = |why: &str| ArchiveError::Member { name: name.clone(), why: why.to_owned() };
        match member.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            // A few bytes could stand for any number of zeros.
            EntryType::GNUSparse => return Err(refused("sparse files are not accepted")),
            // Folders are made by their files; the only link that matters is the script's, which is `data`.
            _ => return Ok(()),
        }
        if name.split('/').any(|part| part == "..") {
            return Err(refused("its name leads out of the archive"));
        }
        match name.trim_start_matches("./") {
            "metadata.json" => {
                let bytes = self.content(member, &name, METADATA_LIMIT)?;
                self.metadata = Some(serde_json::from_slice(&bytes)?);
            }
            "data" => self.data = Some(self.content(member, &name, TOTAL_LIMIT)?),
            other => {
                if let Some(path) = file_path(other) {
                    let bytes = self.content(member, &name, TOTAL_LIMIT)?;
                    self.files.insert(path, bytes.into());
                } else if other.starts_with("https/") || other.starts_with("http/") {
                    let bytes = self.content(member, &name, TOTAL_LIMIT)?;
                    self.remote.contents.insert(other.to_owned(), bytes.into());
                }
            }
        }
        Ok(())
    }

    fn content<R: Read>(
        &mut self,
        member: tar::Entry<'_, R>,
        name: &str,
        limit: u64,
    ) -> Result<Vec<u8>, ArchiveError> {
        let refused = |why: String| ArchiveError::Member { name: name.to_owned(), why };
        let size = member.size();
        let bytes = files::read_all(member, limit.min(TOTAL_LIMIT - self.total)).map_err(refused)?;
        if bytes.len() as u64 != size {
            return Err(refused(format!("cut off after {} of {size} bytes", bytes.len())));
        }
        self.total += size;
        Ok(bytes)
    }

    fn assemble(mut self) -> Result<Archive, ArchiveError> {
        let metadata = self.metadata.ok_or(ArchiveError::Missing("metadata.json"))?;
        let data: Arc<[u8]> = self.data.ok_or(ArchiveError::Missing("data"))?.into();
        self.remote.redirects.clone_from(&metadata.redirects);
        let mut archive = Archive { metadata, data, files: self.files, remote: self.remote };
        let (entry, data) = (archive.entry()?, Arc::clone(&archive.data));
        match entry.url() {
            Some(url) => archive.remote.contents.insert(remote::member_name(url), data),
            None => archive.files.insert(entry.path().unwrap_or(Path::new("/")).to_owned(), data),
        };
        Ok(archive)
    }
}

/// The path of a file that a member stands for.
fn file_path(name: &str) -> Option<PathBuf> {
    let (prefix, path) = name.split_once('/')?;
    let path = match prefix {
        "file" => path,
        "files" | "scripts" => path.strip_prefix('_')?,
        _ => return None,
    };
    Some(normalise(&PathBuf::from(format!("/{}", path.trim_start_matches('/')))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const METADATA: &[u8] = br#"{"type":"js","filename":"file:///s/test.js","pwd":"file:///s"}"#;

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_gnu();
            // Written past the builder, which refuses names that lead out.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            builder.append(&header, *bytes).expect("a Vec takes all");
        }
        builder.into_inner().expect("a Vec takes all")
    }

    fn error(bytes: &[u8]) -> String {
        Archive::read(bytes).expect_err("refused").to_string()
    }

    #[test]
    fn old_and_new_names_are_files() {
        let bytes = tar(&[
            ("metadata.json", METADATA),
            ("data", b"script"),
            ("file/s/a.js", b"a"),
            ("files/_/s/b.json", b"b"),
            ("scripts/_/s/c.js", b"c"),
            ("files/cdn.example.com/d.js", b"d"),
            ("https/example.com/e.js", b"e"),
            ("README", b"f"),
        ]);
        let archive = Archive::read(&*bytes).expect("an archive");
        let names: Vec<_> = archive.files.keys().map(|path| path.display().to_string()).collect();
        assert_eq!(names, ["/s/a.js", "/s/b.json", "/s/c.js", "/s/test.js"]);
        assert_eq!(archive.remote.contents.keys().collect::<Vec<_>>(), ["https/example.com/e.js"]);
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        assert_eq!(
            error(&tar(&[("data", b"")])),
            "the archive has no metadata.json: it was not made by `archive`"
        );
        assert!(error(&tar(&[("metadata.json", METADATA)])).contains("has no data"));
        assert!(error(&tar(&[("metadata.json", b"{]")])).starts_with("the archive's metadata.json: "));
        let remote = br#"{"filename":"https://"}"#;
        let remote = tar(&[("metadata.json", remote), ("data", b"")]);
        assert!(error(&remote).contains("has the name https://, which is neither"));
        assert!(error(&[b'x'; 2000]).starts_with("the archive could not be read: "));
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["file/../../etc/passwd", "../data", "file/a\\..\\..\\b"] {
            let error = error(&tar(&[(name, b"x")]));
            assert!(error.contains("leads out of the archive"), "{error}");
        }
    }

    #[test]
    fn an_archive_that_was_cut_off_is_refused() {
        let bytes = tar(&[("metadata.json", METADATA), ("data", &[b'x'; 3000])]);
        let error = error(&bytes[..512 + 512 + 512 + 700]);
        assert_eq!(error, "the archive's member data: cut off after 700 of 3000 bytes");
    }

    #[test]
    fn sparse_members_are_refused() {
        let mut bytes = tar(&[("data", b"x")]);
        let header = tar::Header::from_byte_slice(&bytes[..512]);
        let mut header = header.clone();
        header.set_entry_type(EntryType::GNUSparse);
        header.set_cksum();
        bytes[..512].copy_from_slice(header.as_bytes());
        Archive::read(&*bytes).expect_err("refused");
    }

    #[test]
    fn archives_are_told_from_scripts() {
        assert!(looks_like_archive(&tar(&[("data", b"x")])[..HEAD]));
        assert!(!looks_like_archive(b"export default () => {};"));
        assert!(!looks_like_archive("x".repeat(257).as_bytes()));
        let script = format!("{}ustar{}", " ".repeat(257), " ".repeat(250));
        assert!(!looks_like_archive(script.as_bytes()));
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0..3000_usize, byte: u8, end in 0..3000_usize) {
            let mut bytes = tar(&[("metadata.json", METADATA), ("data", b"script"), ("file/s/a.js", b"a")]);
            let at = at % bytes.len();
            bytes[at] = byte;
            let end = end.min(bytes.len());
            if let Ok(archive) = Archive::read(&bytes[..end]) {
                prop_assert!(archive.files.len() <= 3);
            }
        }
    }
}
