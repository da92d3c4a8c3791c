//! k6's comma-separated values: a row for each sample, a column for each system tag of the run.
//!
//! Settings are k6's too: `--out csv=FILE`, `--out csv=fileName=FILE,timeFormat=rfc3339`, and `K6_CSV_*`
//! variables, which the argument overrides. Start from [`Settings`].

mod encode;

use self::encode::Encoder;
pub use self::encode::TimeFormat;
use crate::error::SpecError;
use crate::file::{FileOutput, Target};
use crate::settings::{Key, Reader, Variables, pairs};

const FILE_NAME: Key = Key::both("K6_CSV_FILENAME", "fileName");
const TIME_FORMAT: Key = Key::both("K6_CSV_TIME_FORMAT", "timeFormat");
const SAVE_INTERVAL: Key = Key::both("K6_CSV_SAVE_INTERVAL", "saveInterval");

/// How rows are written, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the rows go.
    pub target: Target,
    /// The form of the column `timestamp`.
    pub time_format: TimeFormat,
}

impl Settings {
    pub(crate) fn read(argument: Option<&str>, variables: &Variables) -> Result<Self, Vec<SpecError>> {
        let argument = argument.unwrap_or_default();
        let options = if argument.is_empty() {
            Vec::new()
        } else if argument.contains('=') {
            pairs(argument, ',', '=')
        } else {
            vec![(FILE_NAME.option.to_owned(), argument.to_owned())]
        };
        let mut reader = Reader::new("csv", variables, options);
        let target = Target::named(&reader.text(FILE_NAME).unwrap_or_else(|| "file.csv".to_owned()));
        let time_format = reader.read(TIME_FORMAT, TimeFormat::EXPECTED, TimeFormat::parse);
        // Rows are written as samples arrive, once a second: there is nothing to set. It is only checked.
        reader.duration(SAVE_INTERVAL);
        reader.finish(Self { target, time_format: time_format.unwrap_or(TimeFormat::Unix) })
    }

    /// The output, not yet started.
    pub(crate) fn output(self) -> FileOutput {
        FileOutput::new("csv", self.target, Box::new(Encoder::new(self.time_format)))
    }
}
