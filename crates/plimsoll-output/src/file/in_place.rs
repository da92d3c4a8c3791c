//! What is written as it is, and never beside it and renamed: pipes, devices, and the links that stand for
//! open files, such as `/dev/stdout`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Whether a path names such a thing. `/dev/stdout` may lead to a file, which somebody else has opened and
/// would not find under another name. In `/dev/shm` are files like others.
#[must_use]
pub fn is(path: &Path) -> bool {
    let is_special = |path: PathBuf| path.starts_with("/dev") || path.starts_with("/proc");
    let is_open_file = path.is_symlink() && std::path::absolute(path).is_ok_and(is_special);
    is_open_file || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// Opens it, to write behind what is there. Our own streams know where that is; opened anew, a file that they
/// lead to would be written over what else is printed there.
///
/// # Errors
/// When the system refuses.
pub fn open(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    match path.to_str() {
        Some("/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Ok(Box::new(io::stdout())),
        Some("/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2") => Ok(Box::new(io::stderr())),
        _ => Ok(Box::new(File::options().append(true).open(path)?)),
    }
}
