//! Writes a record while its run goes on.
//!
//! The disk has a thread of its own: a run does not wait for it, however slow it is.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use plimsoll_metrics::Registry;
use plimsoll_report::record::{End, Header, Second, Writer};

use crate::failure::Failure;

/// Seconds that may wait for the disk. A disk that stands still for longer has lost the record.
const QUEUE: usize = 120;

/// A file that is going to be the record of a run.
pub(crate) struct RecordFile {
    path: PathBuf,
    file: File,
    is_new: bool,
}

impl RecordFile {
    /// Opens it, so that it is known before the run begins whether it can be written. A former record stays
    /// until
    /// then.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let is_new = !path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(RecordFile { path: path.to_owned(), file, is_new })
    }

    /// The run will not begin: nothing is left behind.
    pub(crate) fn discard(self) {
        if self.is_new {
            // That it stays would be no news.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// Begins the record.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn begin(self, header: Header, registry: &Registry) -> Result<Writing, Failure> {
        let (writer, bytes) = Writer::begin(header, registry);
        let (sender, receiver) = sync_channel(QUEUE);
        let (path, mut file) = (self.path, self.file);
        // What is no file, such as /dev/null or a pipe, has no length.
        let _ = file.set_len(0);
        let thread = std::thread::Builder::new().name("record".to_owned());
        let thread = thread
            .spawn(move || write(&mut file, &bytes, &receiver))
            .map_err(|source| Failure::System { what: "the record cannot be written", source })?;
        let state = Some(State { writer, sender, thread, lost: 0 });
        Ok(Writing { path, registry: registry.clone(), state: RefCell::new(state) })
    }
}

/// What a disk has not taken.
struct Unwritten {
    frames: u64,
    why: Option<io::Error>,
}

/// Writes until nothing more comes. A frame behind one that is torn would not be found, so that the first
/// error
/// is the last.
fn write(file: &mut File, header: &[u8], frames: &Receiver<Vec<u8>>) -> Unwritten {
    let mut unwritten = Unwritten { frames: 0, why: file.write_all(header).err() };
    for frame in frames {
        if unwritten.why.is_none() {
            unwritten.why = file.write_all(&frame).err();
        }
        unwritten.frames += u64::from(unwritten.why.is_some());
    }
    unwritten
}

/// A record that is being written.
pub(crate) struct Writing {
    path: PathBuf,
    registry: Registry,
    state: RefCell<Option<State>>,
}

struct State {
    writer: Writer,
    sender: SyncSender<Vec<u8>>,
    thread: JoinHandle<Unwritten>,
    /// Seconds that did not get into the queue.
    lost: u64,
}

impl Writing {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a second.
    pub(crate) fn add(&self, second: &Second) {
        let mut state = self.state.borrow_mut();
        let Some(State { writer, sender, lost, .. }) = state.as_mut() else { return };
        // A second that is missing would take the names with it that later ones use.
        if *lost > 0 {
            *lost += 1;
            return;
        }
        let full = sender.try_send(writer.second(second, &self.registry));
        *lost += u64::from(matches!(full, Err(TrySendError::Full(_))));
    }

    /// Adds the end, waits for the disk, and says what has been lost.
    pub(crate) fn end(&self, end: &End) {
        let Some(State { writer, sender, thread, lost }) = self.state.borrow_mut().take() else { return };
        if lost == 0 {
            // Whoever stands still now is waited for.
            let _ = sender.send(writer.end(end));
        }
        drop(sender);
        let path = self.path.display();
        let Ok(Unwritten { frames, why }) = thread.join() else { return };
        let lost = lost + frames;
        match why {
            Some(why) => tracing::warn!(
                target: "plimsoll",
                "the record {path} lacks its last {lost} seconds: it could not be written: {why}"
            ),
            None if lost > 0 => tracing::warn!(
                target: "plimsoll", "the record {path} lacks its last {lost} seconds: the disk stood still"
            ),
            None => {}
        }
    }
}
