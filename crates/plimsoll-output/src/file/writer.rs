//! From bytes to a file, a pipe or standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::Target;
use crate::error::OutputError;

/// An open target.
pub(super) struct Writer {
    sink: Sink,
    /// For messages.
    target: String,
    /// The file written, and the name it takes at the end.
    rename: Option<(PathBuf, PathBuf)>,
}

type Bytes = BufWriter<Box<dyn Write + Send>>;

enum Sink {
    Plain(Bytes),
    Gzip(Box<GzEncoder<Bytes>>),
    Zstd(Frames),
}

/// A file of Zstandard frames, one behind the other: every reader takes them for one text.
struct Frames {
    file: Bytes,
    pending: Vec<u8>,
    is_empty: bool,
}

/// So much text is compressed at once. Less would compress worse, more would only take memory.
const FRAME: usize = 4 << 20;

impl Frames {
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(lines);
        if self.pending.len() < FRAME { Ok(()) } else { self.frame() }
    }

    fn frame(&mut self) -> io::Result<()> {
        self.is_empty = false;
        let frame = compress_to_vec(self.pending.as_slice(), CompressionLevel::Fastest);
        self.pending.clear();
        self.file.write_all(&frame)
    }

    fn finish(mut self) -> io::Result<()> {
        if self.is_empty || !self.pending.is_empty() {
            self.frame()?;
        }
        self.file.flush()
    }
}

impl Sink {
    /// By the ending of the file's name.
    fn of(path: &Path, file: Bytes) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip(Box::new(GzEncoder::new(file, Compression::default()))),
            Some("zst") => Self::Zstd(Frames { file, pending: Vec::new(), is_empty: true }),
            _ => Self::Plain(file),
        }
    }
}

impl Writer {
    pub(super) fn open(target: &Target) -> Result<Self, OutputError> {
        match target {
            Target::Stdout => {
                let sink = Sink::Plain(BufWriter::new(Box::new(io::stdout())));
                Ok(Self { sink, target: "standard output".to_owned(), rename: None })
            }
            Target::File(path) => Self::open_file(path),
        }
    }

    fn open_file(path: &Path) -> Result<Self, OutputError> {
        let in_place = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        let written = if in_place { path.to_owned() } else { part_of(path) };
        let file = if in_place { File::options().write(true).open(&written) } else { File::create(&written) };
        let file = file.map_err(|source| OutputError::Open { path: written.clone(), source })?;
        let file = BufWriter::new(Box::new(file) as Box<dyn Write + Send>);
        let sink = Sink::of(path, file);
        let target = format!("'{}'", written.display());
        let rename = (!in_place).then(|| (written, path.to_owned()));
        Ok(Self { sink, target, rename })
    }

    /// Writes whole lines. A plain file has them when this returns; a compressed one when it is finished, if
    /// not before.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), OutputError> {
        let written = match &mut self.sink {
            Sink::Plain(file) => file.write_all(lines).and_then(|()| file.flush()),
            Sink::Gzip(file) => file.write_all(lines),
            Sink::Zstd(frames) => frames.write(lines),
        };
        written.map_err(|source| OutputError::Write { target: self.target.clone(), source })
    }

    /// Makes the result final: nothing is buffered, and the file has its name.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        let finished = match self.sink {
            Sink::Plain(mut file) => file.flush(),
            Sink::Gzip(file) => file.finish().and_then(|mut file| file.flush()),
            Sink::Zstd(frames) => frames.finish(),
        };
        finished.map_err(|source| OutputError::Write { target: self.target, source })?;
        match self.rename {
            Some((from, to)) => {
                fs::rename(&from, &to).map_err(|source| OutputError::Rename { from, to, source })
            }
            None => Ok(()),
        }
    }
}

/// The name under which a file is written until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}
