//! What a run amounts to, for people and for programs.
//!
//! A [`Summary`] is built once from what was recorded; the renderers are pure functions of it. Snapshot in,
//! bytes out: nothing here reads a clock or touches a file.
//!
//! Modules, in reading order:
//!
//! - [`model`]: the [`Summary`] and what it is built from; parts of it in [`section`] (metrics and checks of
//!   the whole run, a group or a scenario), [`endpoints`], [`failures`], [`goals`],
//!   [`verdict`].
//! - [`text`]: the end-of-test summary for the terminal, in k6's compact layout with our own sections behind.
//! - [`json`]: the data given to `handleSummary`, and `--summary-export`.
//! - [`record`]: a run from second to second, as a file; [`timeline`]: what happened when.
//! - [`html`]: one self-contained page, and the same page while the test runs.
//! - [`report`]: the forms that a result can have; for machines [`document`] (JSON with a schema) and
//!   [`junit`], for pull requests and workflows [`markdown`] and [`github`].
//! - [`capacity`]: the search for the highest load within the objectives; [`compare`]: is one run worse?
//! - [`scalability`]: the Universal Scalability Law over plateaus, and forecasts.
//! - [`statistics`]: how sure a number is that was measured for some seconds.
//! - [`mod@format`]: how numbers are written.
//!
//! **Invariant:** a table whose rows must add up to a total does, also when rows were left out: they are in
//! an "others" row.

pub mod advice;
pub mod capacity;
pub mod compare;
pub mod document;
pub mod endpoints;
pub mod failures;
pub mod format;
pub mod github;
pub mod goals;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod model;
pub mod record;
pub mod report;
pub mod scalability;
pub mod section;
pub mod statistics;
pub mod text;
pub mod timeline;
pub mod validity;
pub mod verdict;

pub use advice::ArrivalFacts;
pub use model::{RunFacts, Settings, Summary, SummaryInput};
pub use report::{Format, Report};
pub use text::Style;
pub use timeline::Timeline;
pub use validity::{Observations, Trust, Validity, Vitals};
pub use verdict::Verdict;
