//! Writes a record while its run goes on.
//!
//! The disk has a thread of its own: a run does not wait for it, however slow it is, and its end only for a
//! while.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use plimsoll_metrics::Registry;
use plimsoll_report::format;
use plimsoll_report::record::{End, Header, Second, Writer};

use crate::failure::Failure;

/// Seconds that may wait for the disk. A disk that stands still for longer has lost the record.
const QUEUE: u64 = 120;
/// How long the end of a run waits for a disk that stands still. A disk that has to wake up takes some
/// seconds; what takes longer is most likely a network's, and does not come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file that is going to be the record of a run. Dropped before that, it leaves nothing behind.
pub(crate) struct RecordFile {
    path: PathBuf,
    file: Option<File>,
    /// There was none before, and there is nothing in it.
    is_new: bool,
}

impl RecordFile {
    /// Opens it, so that it is known before the run begins whether it can be written. A former record stays
    /// until then. What a run has measured is its user's business: nobody else can read a new file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(RecordFile { path: path.to_owned(), file: Some(options.open(path)?), is_new })
    }

    /// Begins the record.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn begin(mut self, header: Header, registry: &Registry) -> Result<Writing, Failure> {
        let file = self.file.take().expect("it is taken once");
        // What is no file, such as /dev/null or a pipe, has no length.
        let _ = file.set_len(0);
        let writing = Writing::start(self.path.clone(), file, header, registry)
            .map_err(|source| Failure::System { what: "the record cannot be written", source })?;
        self.is_new = false;
        Ok(writing)
    }
}

impl Drop for RecordFile {
    fn drop(&mut self) {
        if self.is_new {
            // That it stays would be no news.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A piece of a record.
struct Frame {
    bytes: Vec<u8>,
    /// How many seconds are in it; none is in the end.
    seconds: u64,
}

/// What a disk has not taken.
struct Unwritten {
    seconds: u64,
    why: Option<io::Error>,
}

/// Writes until nothing more comes. A frame behind one that is torn would not be found, so that the first
/// error is the last.
fn write(mut file: impl Write, header: &[u8], frames: &Receiver<Frame>, waiting: &AtomicU64) -> Unwritten {
    let mut unwritten = Unwritten { seconds: 0, why: file.write_all(header).err() };
    for Frame { bytes, seconds } in frames {
        if unwritten.why.is_none() {
            unwritten.why = file.write_all(&bytes).err();
        }
        unwritten.seconds += if unwritten.why.is_some() { seconds } else { 0 };
        waiting.fetch_sub(seconds, Relaxed);
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
    frames: Sender<Frame>,
    /// Seconds that the disk has not taken yet.
    waiting: Arc<AtomicU64>,
    /// Comes when everything has been written, or cannot be.
    done: Receiver<Unwritten>,
    /// Seconds that did not get into the queue.
    lost: u64,
}

impl Writing {
    fn start(
        path: PathBuf,
        file: impl Write + Send + 'static,
        header: Header,
        registry: &Registry,
    ) -> io::Result<Self> {
        let (writer, header) = Writer::begin(header, registry);
        let ((frames, to_write), (finished, done)) = (channel(), channel());
        let waiting = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&waiting);
        std::thread::Builder::new().name("record".to_owned()).spawn(move || {
            // Nobody listens any more when it took too long.
            let _ = finished.send(write(file, &header, &to_write, &counter));
        })?;
        let state = Some(State { writer, frames, waiting, done, lost: 0 });
        Ok(Writing { path, registry: registry.clone(), state: RefCell::new(state) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a second.
    pub(crate) fn add(&self, second: &Second) {
        let mut state = self.state.borrow_mut();
        let Some(State { writer, frames, waiting, lost, .. }) = state.as_mut() else { return };
        // A second that is missing would take the names with it that later ones use.
        if *lost > 0 || waiting.load(Relaxed) >= QUEUE {
            *lost += 1;
            return;
        }
        waiting.fetch_add(1, Relaxed);
        // A thread that has ended is noticed in the end.
        let _ = frames.send(Frame { bytes: writer.second(second, &self.registry), seconds: 1 });
    }

    /// Adds the end, waits for the disk, and says what has been lost.
    pub(crate) fn end(&self, end: &End) {
        if let Some(loss) = self.conclude(end, PATIENCE) {
            tracing::warn!(target: "plimsoll", "the record {} lacks {loss}", self.path.display());
        }
    }

    /// What has been lost, and why.
    fn conclude(&self, end: &End, patience: Duration) -> Option<String> {
        let State { writer, frames, waiting, done, lost } = self.state.borrow_mut().take()?;
        if lost == 0 {
            // Never waits: the queue is limited by whoever adds seconds to it.
            let _ = frames.send(Frame { bytes: writer.end(end), seconds: 0 });
        }
        drop(frames);
        let (lost, why) = match done.recv_timeout(patience) {
            Ok(Unwritten { seconds, why: Some(why) }) => {
                (lost + seconds, format!("it could not be written: {why}"))
            }
            Ok(_) if lost == 0 => return None,
            Ok(_) => (lost, "the disk stood still".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                (lost + waiting.load(Relaxed), "the disk stands still".to_owned())
            }
            Err(RecvTimeoutError::Disconnected) => return None,
        };
        Some(match lost {
            0 => format!("its end: {why}"),
            lost => format!("its last {}: {why}", format::counted(lost, "second")),
        })
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::NoDataPolicy;
    use plimsoll_report::Settings;

    use super::*;

    /// A disk that takes so many pieces, and then does what it is told.
    struct Disk<F>(usize, F);

    impl<F: FnMut() -> io::Result<usize>> Write for Disk<F> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let Some(left) = self.0.checked_sub(1) else { return (self.1)() };
            self.0 = left;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Longer than a test takes on a busy machine.
    const LONG: Duration = Duration::from_secs(60);

    /// What is lost of so many seconds.
    fn lost(disk: impl Write + Send + 'static, seconds: u64, patience: Duration) -> Option<String> {
        let header = Header::default().with_settings(&Settings::default(), NoDataPolicy::Fail);
        let writing = Writing::start("a.plimsoll".into(), disk, header, &Registry::new()).expect("a thread");
        (0..seconds).for_each(|_| writing.add(&Second::default()));
        writing.conclude(&End::default(), patience)
    }

    fn still() -> io::Result<usize> {
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_disk_that_stands_still_stops_no_run() {
        let short = Duration::from_millis(100);
        let lost = |pieces, seconds, patience| lost(Disk(pieces, still), seconds, patience).expect("a loss");
        assert_eq!(lost(1, 3, short), "its last 3 seconds: the disk stands still");
        assert_eq!(lost(1, 130, short), "its last 130 seconds: the disk stands still", "more than may wait");
        // Long enough for three seconds to be written.
        assert_eq!(lost(4, 3, Duration::from_secs(3)), "its end: the disk stands still");
    }

    #[test]
    fn what_a_full_disk_has_not_taken_is_counted() {
        let full = || -> io::Result<usize> { Err(io::Error::other("full")) };
        assert_eq!(lost(Disk(9, full), 3, LONG), None);
        for (pieces, loss) in [(0, "its last 3 seconds"), (3, "its last 1 second"), (4, "its end")] {
            let expected = format!("{loss}: it could not be written: full");
            assert_eq!(lost(Disk(pieces, full), 3, LONG), Some(expected), "{pieces} pieces");
        }
    }

    #[test]
    fn nothing_is_left_of_a_run_that_does_not_begin() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (new, old) = (folder.path().join("new.plimsoll"), folder.path().join("old.plimsoll"));
        std::fs::write(&old, "a record").expect("writable");
        drop([&new, &old].map(|path| RecordFile::open(path).expect("writable")));
        assert!(!new.exists());
        assert_eq!(std::fs::read_to_string(&old).expect("still there"), "a record");
        let header = Header::default();
        let writing = RecordFile::open(&new).expect("writable").begin(header, &Registry::new());
        writing.expect("a thread").end(&End::default());
        assert!(new.exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_a_record() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.plimsoll");
        let _file = RecordFile::open(&path).expect("writable");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
