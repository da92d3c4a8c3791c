//! `capacity.json`: everything that a search has seen and found, so that it can be read, judged, compared,
//! and taken up again.

use serde::{Deserialize, Serialize};

use super::{
    answer::Answer,
    figures::Figures,
    plateau::Plateau,
    search::{End, Limits, Model},
};

/// What stands in `format`.
pub const FORMAT: &str = "plimsoll-capacity";
/// What stands in `version`. It changes when a reader of the former version would be misled.
pub const VERSION: u32 = 1;

/// A search and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// What was asked.
    pub header: Header,
    /// Why the search is over; nothing while it goes on.
    pub end: Option<End>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it has found.
    pub answer: Answer,
    /// The plateaus, in order.
    pub plateaus: Vec<Entry>,
}

/// What was asked of which script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The script.
    pub script: String,
    /// The scenario that was driven.
    pub scenario: String,
    /// How.
    pub model: Model,
    /// How arrivals were spread: `poisson` or `uniform`; with an arrival rate only.
    pub arrivals: Option<String>,
    /// When the search began.
    pub started: String,
    /// The objectives.
    pub objectives: Vec<Asked>,
    /// Within what the search stayed.
    pub limits: Limits,
}

/// An objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// As written.
    pub text: String,
    /// What its ratio must not exceed.
    pub limit: f64,
    /// Whether the ratio is a share, rather than a mean.
    pub is_share: bool,
    /// Whether it is met where no sample reaches it.
    pub is_optional: bool,
}

/// A plateau with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// For people.
    pub figures: Figures,
    /// What was seen.
    #[serde(flatten)]
    pub plateau: Plateau,
}

/// Why a file is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is not JSON, or not of this form.
    #[error("it is not the record of a search for capacity: {0}")]
    Form(serde_json::Error),
    /// Something else.
    #[error("it is not the record of a search for capacity: format is '{0}', expected '{FORMAT}'")]
    Format(String),
    /// Of another version.
    #[error("it was written by another version: {0}, expected {VERSION}")]
    Version(u32),
}

impl Record {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Kind {
            #[serde(default)]
            format: String,
            #[serde(default)]
            version: u32,
        }
        let kind: Kind = serde_json::from_str(text).map_err(RecordError::Form)?;
        if kind.format != FORMAT {
            return Err(RecordError::Format(kind.format));
        }
        if kind.version != VERSION {
            return Err(RecordError::Version(kind.version));
        }
        serde_json::from_str(text).map_err(RecordError::Form)
    }

    /// Its text.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
