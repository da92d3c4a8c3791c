//! A test in one file: k6's tar layout, so that either program runs what the other one has packed.
//!
//! | member | what it is |
//! |---|---|
//! | `metadata.json` | [`Metadata`]: the options, the script's name, variables |
//! | `data` | the script itself |
//! | `file/ABSOLUTE/PATH` | what it imports and opens; the script again, as a hard link to `data` |
//! | `https/HOST/PATH` | modules from the network, with the query if there is one; `http` likewise |
//!
//! Archives of k6 before 0.25 have `files/_/PATH` and `scripts/_/PATH` instead of the last. Nothing is ever
//! unpacked to the disk, so a member's name can only be looked up, never written to. Start at [`Archive`].

mod anonymous;
mod read;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use self::anonymous::anonymous;
pub(crate) use self::read::{HEAD, looks_like_archive};
use crate::files::Contents;
use crate::remote::{self, Members};
use crate::source::ModuleId;

/// The version of k6 whose layout this is; k6 takes archives that name none for very old ones.
const LAYOUT_OF_K6: &str = "2.2.0";

/// A script with everything that it imports and opens.
#[derive(Debug)]
pub struct Archive {
    /// What is known beside the files.
    pub metadata: Metadata,
    /// The script's bytes.
    pub(crate) data: Arc<[u8]>,
    /// Files by absolute path, the script among them.
    pub(crate) files: Contents,
    /// Modules from the network.
    pub(crate) remote: Members,
}

/// What an archive says of the test, under k6's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    #[serde(rename = "type")]
    kind: String,
    /// The consolidated options; they take the place of those that the script exports.
    pub options: serde_json::Value,
    filename: String,
    pwd: String,
    /// Variables for `__ENV`.
    pub env: BTreeMap<String, String>,
    compatibility_mode: String,
    #[serde(rename = "k6version")]
    k6_version: String,
    goos: String,
    dependencies: BTreeMap<String, String>,
    /// Where remote modules were redirected to. k6, which resolves relative imports without, reads past it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    redirects: BTreeMap<String, String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Metadata {
            kind: "js".to_owned(),
            options: serde_json::Value::Null,
            filename: String::new(),
            pwd: String::new(),
            env: BTreeMap::new(),
            compatibility_mode: "extended".to_owned(),
            k6_version: LAYOUT_OF_K6.to_owned(),
            goos: std::env::consts::OS.to_owned(),
            dependencies: BTreeMap::new(),
            redirects: BTreeMap::new(),
        }
    }
}

/// Why a test cannot be packed, or an archive not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is no tar archive, or was cut off.
    #[error("the archive could not be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It has more members than any test.
    #[error("the archive has more than {0} members")]
    TooMany(usize),
    /// One of its members cannot be accepted.
    #[error("the archive's member {name}: {why}")]
    Member {
        /// The member's name, as far as it is text.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A member without which there is no test.
    #[error("the archive has no {0}: it was not made by `archive`")]
    Missing(&'static str),
    /// `metadata.json` is not what it should be.
    #[error("the archive's metadata.json: {0}")]
    Metadata(#[from] serde_json::Error),
    /// The script's name is a URL that cannot be one.
    #[error("the archive's script has the name {0}, which is neither a file nor on the network")]
    Name(String),
    /// Two files of different users would be one.
    #[error("{first} and {second} would have the same name in the archive, which leaves out names of users")]
    SameName {
        /// A file.
        first: PathBuf,
        /// Another one.
        second: PathBuf,
    },
}

impl Archive {
    /// Packs a script, the folder that its paths start at, and what it was seen to read.
    ///
    /// # Errors
    /// When two files have the same name once the names of users are left out.
    pub(crate) fn pack(
        entry: &ModuleId,
        folder: &Path,
        data: Arc<[u8]>,
        seen: Contents,
        remote: Members,
    ) -> Result<Self, ArchiveError> {
        let mut originals: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        let mut files = Contents::new();
        let script = entry.path().map(|path| (path.to_owned(), Arc::clone(&data)));
        for (path, bytes) in seen.into_iter().chain(script) {
            let name = anonymous(&path);
            match originals.insert(name.clone(), path.clone()) {
                Some(first) if first != path => return Err(ArchiveError::SameName { first, second: path }),
                _ => drop(files.insert(name, bytes)),
            }
        }
        let metadata = Metadata {
            filename: entry.path().map_or_else(|| entry.as_str().to_owned(), |path| url_of(&anonymous(path))),
            pwd: url_of(&anonymous::folder(folder)),
            redirects: remote.redirects.clone(),
            ..Metadata::default()
        };
        Ok(Archive { metadata, data, files, remote })
    }

    /// What the script was loaded from.
    pub(crate) fn entry(&self) -> Result<ModuleId, ArchiveError> {
        let name = &self.metadata.filename;
        if remote::is_remote(name) {
            let url = remote::parse(name).map_err(|_| ArchiveError::Name(name.clone()))?;
            return Ok(ModuleId::remote(&url));
        }
        path_of(name).map(|path| ModuleId::file(&path))
    }

    /// The folder that a script was started in which has none of its own. k6 names a URL for those from the
    /// network.
    pub(crate) fn folder(&self) -> Result<PathBuf, ArchiveError> {
        if remote::is_remote(&self.metadata.pwd) {
            return Ok(PathBuf::from("/"));
        }
        path_of(&self.metadata.pwd)
    }
}

fn url_of(path: &Path) -> String {
    // Only relative paths have no URL, and here all are absolute.
    Url::from_file_path(path).map_or_else(|()| format!("file://{}", path.display()), String::from)
}

/// The path that a URL stands for. Very old archives have bare paths.
fn path_of(url: &str) -> Result<PathBuf, ArchiveError> {
    match Url::parse(url) {
        Ok(url) if url.scheme() == "file" => {
            url.to_file_path().map_err(|()| ArchiveError::Name(url.to_string()))
        }
        _ => Ok(Path::new("/").join(url)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(files: &[(&str, &str)]) -> Contents {
        files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().into())).collect()
    }

    fn packed() -> Archive {
        let seen = contents(&[("/home/alice/load/lib/a.js", "a"), ("/srv/users.json", "[]")]);
        let (entry, folder) = (Path::new("/home/alice/load/my test.js"), Path::new("/home/alice/load"));
        let mut remote = Members::default();
        remote.contents.insert("https/example.com/x.js?v=1".into(), b"x"[..].into());
        remote.redirects.insert("https://example.com/x.js?v=1".into(), "https://example.com/y.js".into());
        let entry = ModuleId::file(entry);
        Archive::pack(&entry, folder, b"script"[..].into(), seen, remote).expect("distinct names")
    }

    #[test]
    fn names_of_users_are_left_out() {
        let archive = packed();
        assert_eq!(archive.metadata.filename, "file:///home/nobody/load/my%20test.js");
        assert_eq!(archive.metadata.pwd, "file:///home/nobody/load");
        let names: Vec<_> = archive.files.keys().map(|path| path.display().to_string()).collect();
        let expected = ["/home/nobody/load/lib/a.js", "/home/nobody/load/my test.js", "/srv/users.json"];
        assert_eq!(names, expected);
        let seen = contents(&[("/home/alice/a.js", "1"), ("/home/bob/a.js", "2")]);
        let entry = ModuleId::file(Path::new("/s.js"));
        let error = Archive::pack(&entry, Path::new("/"), b""[..].into(), seen, Members::default());
        let error = error.expect_err("the same name").to_string();
        assert!(error.starts_with("/home/alice/a.js and /home/bob/a.js would"), "{error}");
    }

    #[test]
    fn what_is_written_is_read() {
        let mut archive = packed();
        archive.metadata.env.insert("A".into(), "b".into());
        archive.metadata.options = serde_json::json!({ "vus": 2 });
        let mut bytes = Vec::new();
        archive.write(&mut bytes).expect("a Vec takes all");
        let read = Archive::read(&*bytes).expect("an archive");
        assert_eq!(read.metadata, archive.metadata);
        assert_eq!(read.files, archive.files);
        assert_eq!(read.remote, archive.remote);
        let entry = read.entry().expect("a path");
        assert_eq!(entry.path(), Some(Path::new("/home/nobody/load/my test.js")));
        assert_eq!(&*read.data, b"script");
    }

    #[test]
    fn the_same_test_gives_the_same_bytes() {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        packed().write(&mut first).expect("a Vec takes all");
        packed().write(&mut second).expect("a Vec takes all");
        assert_eq!(first, second);
    }
}
