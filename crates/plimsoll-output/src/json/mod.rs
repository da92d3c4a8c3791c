//! k6's JSON lines, one for each sample.
//!
//! A line of type `Metric` stands before the first sample of its metric. Behind the last sample stands one
//! line of our own:
//!
//! ```json
//! {"type":"Summary","data":{"thresholdsFailed":false,"failing":[],…}}
//! ```
//!
//! so that a pipeline can look for `"thresholdsFailed":true` in the file. Times are in UTC.
//!
//! # Files
//!
//! While the run goes on, lines are written to `FILE.part`; at the end that file takes the name. So `FILE` is
//! always a whole result: the one of this run, or, when this run was killed or the disk was full, the one
//! that was there before. `FILE.part` then holds what was written. Something that is not a regular file
//! (`/dev/stdout`, a named pipe) is written as it is. A name that ends in `.gz` is compressed.

mod encode;
mod time;
mod writer;

use std::path::PathBuf;

use plimsoll_metrics::SampleBatch;

use self::encode::Encoder;
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

/// The output that writes k6's JSON lines.
pub struct Json {
    target: Target,
    open: Option<Open>,
}

struct Open {
    encoder: Encoder,
    writer: Writer,
    /// Lines on their way from the encoder to the writer.
    lines: Vec<u8>,
}

impl Json {
    /// Nothing is opened yet.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self { target, open: None }
    }

    fn open(&mut self, run: &RunStart) -> Result<(), OutputError> {
        let writer = Writer::open(&self.target)?;
        self.open = Some(Open { encoder: Encoder::new(run.clone()), writer, lines: Vec::new() });
        Ok(())
    }

    fn write_batch(&mut self, batch: &SampleBatch) -> Result<(), OutputError> {
        /// So many bytes are worth a call to the system; more would only take memory.
        const CHUNK: usize = 256 << 10;
        let Some(Open { encoder, writer, lines }) = &mut self.open else { return Ok(()) };
        for sample in &batch.samples {
            encoder.sample(batch, sample, lines);
            if lines.len() >= CHUNK {
                writer.write(lines)?;
                lines.clear();
            }
        }
        writer.write(lines)?;
        lines.clear();
        Ok(())
    }

    fn end(&mut self, end: &RunEnd) -> Result<(), OutputError> {
        let Some(Open { mut encoder, mut writer, mut lines }) = self.open.take() else { return Ok(()) };
        encoder.summary(end, &mut lines);
        writer.write(&lines)?;
        writer.finish()
    }
}

impl Output for Json {
    fn describe(&self) -> String {
        match &self.target {
            Target::Stdout => "json(stdout)".to_owned(),
            Target::File(path) => format!("json ({})", path.display()),
        }
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
