//! Outputs that write a line for each sample to a file, a pipe or standard output.
//!
//! While the run goes on, lines are written to `FILE.part`; at the end that file takes the name. So `FILE` is
//! always a whole result: the one of this run, or, when this run was killed or the disk was full, the one
//! that was there before. `FILE.part` then holds what was written. Something that is not a regular file
//! (`/dev/stdout`, wherever that leads, or a named pipe) is written as it is; a link stays a link. A name
//! that ends in `.gz` or `.zst` is compressed.
//!
//! What a line looks like is the business of an `Encode`. Start from [`FileOutput`].

pub mod in_place;
mod writer;

use std::fs;
use std::path::PathBuf;

use plimsoll_metrics::{RawSample, SampleBatch};

use self::writer::Writer;
use crate::error::OutputError;
use crate::output::{Output, RunEnd, RunStart, Step};

/// Where the lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output, among whatever else is printed there.
    Stdout,
    /// A file.
    File(PathBuf),
}

impl Target {
    /// A file of that name; `-` and nothing are standard output.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name.trim() {
            "" | "-" => Self::Stdout,
            path => Self::File(PathBuf::from(path)),
        }
    }

    /// What it is named by.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdout => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The file that is made, by a path that is the same however it is given. A pipe or a device is none.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) if !in_place::is(path) => {
                let place = fs::canonicalize(path).or_else(|_| std::path::absolute(path));
                Some(place.unwrap_or_else(|_| path.clone()))
            }
            _ => None,
        }
    }
}

/// From samples to lines: pure, so that it is tested without a file.
pub(crate) trait Encode: Send {
    /// Appends what stands before the first sample.
    fn begin(&mut self, run: &RunStart, lines: &mut Vec<u8>);

    /// A new batch is at hand: its series are not those of the one before.
    fn batch(&mut self) {}

    /// Appends the lines of one sample.
    fn sample(&mut self, batch: &SampleBatch, sample: &RawSample, lines: &mut Vec<u8>);

    /// Appends what stands behind the last sample.
    fn end(&mut self, end: &RunEnd, lines: &mut Vec<u8>);
}

/// An output that writes lines.
pub struct FileOutput {
    name: &'static str,
    target: Target,
    encoder: Box<dyn Encode>,
    writer: Option<Writer>,
    /// Lines on their way from the encoder to the writer.
    lines: Vec<u8>,
}

impl FileOutput {
    /// Nothing is opened yet.
    pub(crate) fn new(name: &'static str, target: Target, encoder: Box<dyn Encode>) -> Self {
        Self { name, target, encoder, writer: None, lines: Vec::new() }
    }

    fn open(&mut self, run: &RunStart) -> Result<(), OutputError> {
        self.writer = Some(Writer::open(&self.target)?);
        self.encoder.begin(run, &mut self.lines);
        Ok(())
    }

    fn write_batch(&mut self, batch: &SampleBatch) -> Result<(), OutputError> {
        /// So many bytes are worth a call to the system; more would only take memory.
        const CHUNK: usize = 256 << 10;
        self.encoder.batch();
        for sample in &batch.samples {
            self.encoder.sample(batch, sample, &mut self.lines);
            if self.lines.len() >= CHUNK {
                self.pass_on()?;
            }
        }
        self.pass_on()
    }

    fn pass_on(&mut self) -> Result<(), OutputError> {
        if let Some(writer) = &mut self.writer {
            writer.write(&self.lines)?;
        }
        self.lines.clear();
        Ok(())
    }

    fn end(&mut self, end: &RunEnd) -> Result<(), OutputError> {
        self.encoder.end(end, &mut self.lines);
        self.pass_on()?;
        self.writer.take().map_or(Ok(()), Writer::finish)
    }
}

impl Output for FileOutput {
    fn describe(&self) -> String {
        match &self.target {
            Target::Stdout => format!("{}(stdout)", self.name),
            Target::File(path) => format!("{} ({})", self.name, path.display()),
        }
    }

    fn is_file(&self) -> bool {
        matches!(self.target, Target::File(_))
    }

    fn start<'a>(&'a mut self, run: &'a RunStart) -> Step<'a> {
        Box::pin(async { self.open(run) })
    }

    fn write<'a>(&'a mut self, batch: &'a SampleBatch) -> Step<'a> {
        Box::pin(async { self.write_batch(batch) })
    }

    fn finish<'a>(&'a mut self, end: &'a RunEnd) -> Step<'a> {
        Box::pin(async { self.end(end) })
    }
}
