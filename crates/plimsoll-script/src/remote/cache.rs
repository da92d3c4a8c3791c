//! What was fetched before, on the disk, for all tests of a user.
//!
//! `objects/SHA256` are contents, `urls/SHA256-OF-URL` say what a URL served last. Contents are believed only
//! if they hash to their name, so that a file that was cut off or touched is fetched again. Files appear
//! whole, by renaming; any number of processes may use the cache.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::fetch::Fetched;
use super::integrity::Integrity;
use super::lock::Pin;
use crate::base::SOURCE_LIMIT;
use crate::files;

/// A URL, an address and a digest.
const INDEX_LIMIT: u64 = 64 * 1024;

/// A folder with what was fetched before.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in a folder, which need not exist yet.
    pub(super) fn new(folder: &Path) -> Self {
        Cache { folder: folder.join("modules") }
    }

    pub(super) fn folder(&self) -> std::path::Display<'_> {
        self.folder.display()
    }

    /// The content of a URL: what it is pinned to, else what it served last.
    pub(super) fn find(&self, url: &str, pin: Option<&Pin>) -> Option<Fetched> {
        if let Some((pin, name)) = pin.and_then(|pin| Some((pin, pin.integrity.file_name()?))) {
            let address = pin.address.as_deref().unwrap_or(url).to_owned();
            return Some(Fetched { bytes: self.object(&name)?.into(), address });
        }
        let index = read(&self.index(url), INDEX_LIMIT)?;
        let index = String::from_utf8(index).ok()?;
        let mut lines = index.lines();
        let (name, indexed, address) = (lines.next()?, lines.next()?, lines.next()?);
        let bytes = self.object(name).filter(|_| indexed == url)?;
        let meant = pin.is_none_or(|pin| pin.integrity.holds(&bytes));
        meant.then(|| Fetched { bytes: bytes.into(), address: address.to_owned() })
    }

    /// Keeps what was fetched.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn keep(&self, url: &str, fetched: &Fetched) -> io::Result<()> {
        let name = name_of(&fetched.bytes);
        write_whole(&self.folder.join("objects").join(&name), &fetched.bytes)?;
        write_whole(&self.index(url), format!("{name}\n{url}\n{}\n", fetched.address).as_bytes())
    }

    fn object(&self, name: &str) -> Option<Vec<u8>> {
        let is_name = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = is_name.then(|| read(&self.folder.join("objects").join(name), SOURCE_LIMIT))??;
        (name_of(&bytes) == name).then_some(bytes)
    }

    fn index(&self, url: &str) -> PathBuf {
        self.folder.join("urls").join(name_of(url.as_bytes()))
    }
}

fn name_of(bytes: &[u8]) -> String {
    Integrity::of(bytes).file_name().expect("what is made is SHA-256")
}

fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    files::read_all(File::open(path).ok()?, limit).ok()
}

/// Writes a file that nobody sees before it is whole. Folders are made.
///
/// # Errors
/// The disk's; then there is the earlier file, or none.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".plimsoll");
    let permissions = readable_by_all();
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// As any file is made, as far as the user's mask allows; temporary files are their owner's alone otherwise.
#[cfg(unix)]
fn readable_by_all() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_all() -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.com/a.js";

    fn fetched(text: &str) -> Fetched {
        Fetched { bytes: text.as_bytes().into(), address: format!("{URL}?final") }
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::new(folder.path());
        (folder, cache)
    }

    fn text(found: Option<Fetched>) -> Option<String> {
        found.map(|found| String::from_utf8(found.bytes.to_vec()).expect("text"))
    }

    #[test]
    fn the_last_content_is_found_by_url_and_earlier_ones_by_their_pin() {
        let (_folder, cache) = cache();
        assert!(cache.find(URL, None).is_none());
        cache.keep(URL, &fetched("one")).expect("writable");
        cache.keep(URL, &fetched("two")).expect("writable");
        let found = cache.find(URL, None).expect("kept");
        assert_eq!((&*found.bytes, &*found.address), (&b"two"[..], "https://example.com/a.js?final"));
        let pin = |integrity: Integrity| Pin { integrity, address: None };
        assert_eq!(text(cache.find(URL, Some(&pin(Integrity::of(b"one"))))).as_deref(), Some("one"));
        assert!(cache.find(URL, Some(&pin(Integrity::of(b"three")))).is_none());
        let by_hand =
            Integrity::parse("sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO");
        let by_hand = pin(by_hand.expect("well-formed"));
        assert!(cache.find(URL, Some(&by_hand)).is_none());
        cache.keep(URL, &fetched("alert('Hello, world.');")).expect("writable");
        assert!(cache.find(URL, Some(&by_hand)).is_some());
    }

    #[test]
    fn files_that_were_cut_off_or_touched_are_not_believed() {
        let (folder, cache) = cache();
        cache.keep(URL, &fetched("export {};")).expect("writable");
        let object = folder.path().join("modules/objects").join(name_of(b"export {};"));
        for damaged in ["export", "", "export { };"] {
            fs::write(&object, damaged).expect("writable");
            assert!(cache.find(URL, None).is_none(), "{damaged}");
        }
        cache.keep(URL, &fetched("export {};")).expect("writable");
        for damaged in ["", "x\n", "../../secret\nhttps://example.com/a.js\nx\n"] {
            fs::write(cache.index(URL), damaged).expect("writable");
            assert!(cache.find(URL, None).is_none(), "{damaged}");
        }
        let others = fs::read_dir(folder.path().join("modules/objects")).expect("readable").count();
        assert_eq!(others, 1, "nothing temporary is left");
    }
}
