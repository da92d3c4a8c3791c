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

mod encode;

use self::encode::Encoder;
use crate::file::{FileOutput, Target};

/// The output that writes k6's JSON lines.
#[must_use]
pub fn output(target: Target) -> FileOutput {
    FileOutput::new("json", target, Box::<Encoder>::default())
}
