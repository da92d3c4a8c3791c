//! Paths without the names of people: whoever gets an archive need not know who made it.

use std::path::{Component, Path, PathBuf};

/// Folders that hold a folder for each user.
const HOMES: [&str; 3] = ["home", "Users", "Documents and Settings"];

/// The path of a file with the user's name replaced by `nobody`.
pub(crate) fn anonymous(file: &Path) -> PathBuf {
    let names: Vec<Component<'_>> = file.components().collect();
    let Some(user) = user_in(&names).filter(|user| user + 1 < names.len()) else { return file.to_owned() };
    let kept = names.iter().enumerate().map(|(at, name)| match at == user {
        true => "nobody".as_ref(),
        false => name.as_os_str(),
    });
    kept.collect()
}

/// The same for a folder, so that files inside of it are still inside of it.
pub(super) fn folder(folder: &Path) -> PathBuf {
    let mut inside = anonymous(&folder.join("file"));
    inside.pop();
    inside
}

/// Where the user's name stands: after a folder of homes, which may be below a drive (`/c`, `/mnt/c`).
fn user_in(names: &[Component<'_>]) -> Option<usize> {
    let name = |at: usize| names.get(at).and_then(|name| name.as_os_str().to_str());
    let is_drive = |name: &str| name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic());
    let home = match (name(1)?, name(2)) {
        ("mnt", Some(drive)) if is_drive(drive) => 3,
        (drive, _) if is_drive(drive) => 2,
        _ => 1,
    };
    name(home).filter(|name| HOMES.contains(name)).map(|_| home + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_become_nobody() {
        for (path, expected) in [
            ("/home/alice/load/test.js", "/home/nobody/load/test.js"),
            ("/Users/alice/test.js", "/Users/nobody/test.js"),
            ("/c/Users/alice/test.js", "/c/Users/nobody/test.js"),
            ("/mnt/d/Documents and Settings/alice/x.js", "/mnt/d/Documents and Settings/nobody/x.js"),
            ("/home/test.js", "/home/test.js"),
            ("/srv/home/alice/test.js", "/srv/home/alice/test.js"),
            ("/test.js", "/test.js"),
        ] {
            assert_eq!(anonymous(Path::new(path)), Path::new(expected));
            assert_eq!(anonymous(Path::new(expected)), Path::new(expected), "twice is once");
        }
        assert_eq!(folder(Path::new("/home/alice")), Path::new("/home/nobody"));
        assert_eq!(folder(Path::new("/home")), Path::new("/home"));
    }
}
