//! From bytes to a file, a pipe or standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{Target, in_place};
use crate::error::OutputError;

/// An open target.
pub(super) struct Writer {
    sink: Sink,
    /// For messages.
    target: String,
    /// What takes its name at the end.
    part: Option<Part>,
}

/// A file that is written under another name until it is whole.
struct Part {
    written: PathBuf,
    name: PathBuf,
    /// Whether anything is in it.
    is_begun: bool,
}

impl Part {
    fn create(path: &Path) -> Result<(File, Self), OutputError> {
        // A link stays a link: the file that it leads to is replaced.
        let target = path.is_symlink().then(|| fs::canonicalize(path).ok()).flatten();
        let name = target.unwrap_or_else(|| path.to_owned());
        let mut written = name.as_os_str().to_owned();
        written.push(".part");
        let written = PathBuf::from(written);
        match File::create(&written) {
            Ok(file) => Ok((file, Self { written, name, is_begun: false })),
            Err(source) => Err(OutputError::Open { path: written, source }),
        }
    }

    fn take_its_place(mut self) -> Result<(), OutputError> {
        self.is_begun = true;
        let (from, to) = (self.written.clone(), self.name.clone());
        fs::rename(&from, &to).map_err(|source| OutputError::Rename { from, to, source })
    }
}

impl Drop for Part {
    /// What is empty is of no use to anybody: the run has not begun.
    fn drop(&mut self) {
        if !self.is_begun {
            // That it cannot be removed would be no news.
            let _ = fs::remove_file(&self.written);
        }
    }
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
                Ok(Self { sink, target: "standard output".to_owned(), part: None })
            }
            Target::File(path) => Self::open_file(path),
        }
    }

    fn open_file(path: &Path) -> Result<Self, OutputError> {
        if in_place::is(path) {
            let file =
                in_place::open(path).map_err(|source| OutputError::Open { path: path.to_owned(), source })?;
            let sink = Sink::of(path, BufWriter::new(file));
            return Ok(Self { sink, target: format!("'{}'", path.display()), part: None });
        }
        let (file, part) = Part::create(path)?;
        let sink = Sink::of(path, BufWriter::new(Box::new(file)));
        Ok(Self { sink, target: format!("'{}'", part.written.display()), part: Some(part) })
    }

    /// Writes whole lines. A plain file has them when this returns; a compressed one when it is finished, if
    /// not before.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), OutputError> {
        if let Some(part) = &mut self.part {
            part.is_begun |= !lines.is_empty();
        }
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
        self.part.map_or(Ok(()), Part::take_its_place)
    }
}
