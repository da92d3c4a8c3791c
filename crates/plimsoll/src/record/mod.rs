//! The record of a run as a file: where it is, how it is written while the run goes on, and how it is read.
//!
//! What is in it, and in which form, is `plimsoll_report::record`'s.
//!
//! | module | subject |
//! |---|---|
//! | `target` | where the record goes: `--record`, `PLIMSOLL_RECORD`, or the folder for records |
//! | `folder` | that folder: names, the newest, and how much of it is kept |
//! | `file` | writes the record on a thread of its own |
//! | `header` | what is known of a run from its start |
//! | `open` | reads records, several as one |

mod file;
mod folder;
mod header;
mod open;
mod target;

pub(crate) use self::{
    file::{RecordFile, Writing},
    header::header,
    open::open,
    target::{RecordArgument, prepare},
};
