//! Outputs that are slow, fail, or die.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use plimsoll_metrics::SampleBatch;
use plimsoll_output::manager::QUEUE_SAMPLES;
use plimsoll_output::{Manager, Output, OutputError, RunEnd, RunStart, Step};

use crate::support::{Announced, batch, manager, run_start};

/// What a test's output does with a batch.
enum Manner {
    Works,
    FailsAfter(usize),
    Panics,
    /// Waits until it is let go.
    Blocks(Arc<AtomicBool>),
    CannotStart,
}

struct Fake {
    manner: Manner,
    batches: usize,
}

fn fake(manner: Manner) -> Box<dyn Output> {
    Box::new(Fake { manner, batches: 0 })
}

fn broken() -> OutputError {
    OutputError::Write { target: "'fake'".to_owned(), source: io::Error::from(io::ErrorKind::StorageFull) }
}

impl Fake {
    fn accept(&mut self) -> Result<(), OutputError> {
        self.batches += 1;
        match &self.manner {
            Manner::FailsAfter(batches) if self.batches > *batches => Err(broken()),
            Manner::Panics => panic!("a bug in an output"),
            Manner::Blocks(release) => {
                while !release.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Output for Fake {
    fn describe(&self) -> String {
        "fake".to_owned()
    }

    fn start<'a>(&'a mut self, _run: &'a RunStart) -> Step<'a> {
        let result = if matches!(self.manner, Manner::CannotStart) { Err(broken()) } else { Ok(()) };
        Box::pin(async { result })
    }

    fn write<'a>(&'a mut self, _batch: &'a SampleBatch) -> Step<'a> {
        Box::pin(async { self.accept() })
    }

    fn finish<'a>(&'a mut self, _end: &'a RunEnd) -> Step<'a> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn an_output_that_fails_is_announced_and_its_losses_are_counted() {
    let announced = Announced::default();
    let outputs = vec![fake(Manner::FailsAfter(2)), fake(Manner::Works)];
    let manager = Manager::start(outputs, run_start(&[]), announced.listener()).await.expect("both start");
    assert_eq!(manager.describe(), "fake, fake");
    let sender = manager.sender();
    for _ in 0..5 {
        sender.send(batch(10));
    }
    let reports = manager.finish(RunEnd::default()).await;
    assert_eq!((reports[0].written, reports[0].lost), (20, 30));
    assert_eq!(reports[0].error.as_ref().map(ToString::to_string).as_deref(), Some("cannot write to 'fake'"));
    assert_eq!((reports[1].written, reports[1].lost), (50, 0), "the other output is not affected");
    assert!(reports[1].error.is_none());
    assert_eq!(announced.list(), ["fake: cannot write to 'fake': no storage space"]);
}

#[tokio::test]
async fn a_blocked_output_never_makes_a_sender_wait() {
    let release = Arc::new(AtomicBool::new(false));
    let manager = manager(vec![fake(Manner::Blocks(Arc::clone(&release))), fake(Manner::Works)]).await;
    let sender = manager.sender();
    const SAMPLES: u64 = 300_000;
    let prototype = batch(usize::try_from(SAMPLES).expect("small"));
    let start = tokio::time::Instant::now();
    for _ in 0..5 {
        sender.send(prototype.clone());
    }
    assert!(start.elapsed() < Duration::from_secs(5), "sending waited");
    release.store(true, Ordering::Relaxed);
    let reports = manager.finish(RunEnd::default()).await;
    let fitting = QUEUE_SAMPLES / SAMPLES;
    assert_eq!((reports[0].written, reports[0].lost), (fitting * SAMPLES, (5 - fitting) * SAMPLES));
    assert_eq!(reports[1].written + reports[1].lost, 5 * SAMPLES);
}

#[tokio::test]
async fn an_output_that_never_comes_back_is_given_up() {
    let release = Arc::new(AtomicBool::new(false));
    let manager = manager(vec![fake(Manner::Blocks(Arc::clone(&release)))]).await;
    manager.sender().send(batch(7));
    let reports = manager.finish_within(Duration::from_millis(50), RunEnd::default()).await;
    release.store(true, Ordering::Relaxed);
    assert!(matches!(reports[0].error, Some(OutputError::Stuck { .. })), "{reports:?}");
    assert_eq!((reports[0].written, reports[0].lost), (0, 7));
}

#[tokio::test]
async fn an_output_that_panics_does_not_take_the_run_along() {
    let manager = manager(vec![fake(Manner::Panics), fake(Manner::Works)]).await;
    let sender = manager.sender();
    for _ in 0..3 {
        sender.send(batch(5));
    }
    let reports = manager.finish(RunEnd::default()).await;
    assert!(matches!(reports[0].error, Some(OutputError::Lost)), "{reports:?}");
    assert_eq!((reports[0].written, reports[0].lost), (0, 15));
    assert_eq!((reports[1].written, reports[1].lost), (15, 0));
}

#[tokio::test]
async fn an_output_that_cannot_start_stops_the_run_before_it_begins() {
    let outputs = vec![fake(Manner::Works), fake(Manner::CannotStart)];
    let started = Manager::start(outputs, run_start(&[]), Announced::default().listener()).await;
    assert_eq!(started.err().map(|error| error.to_string()).as_deref(), Some("cannot write to 'fake'"));
}

#[tokio::test]
async fn samples_lost_on_the_way_count_for_every_output() {
    let manager = manager(vec![fake(Manner::Works), fake(Manner::Works)]).await;
    let mut batch = batch(5);
    batch.lost = 3;
    manager.sender().send(batch);
    let reports = manager.finish(RunEnd::default()).await;
    assert!(reports.iter().all(|report| (report.written, report.lost) == (5, 3)), "{reports:?}");
}

#[tokio::test]
async fn without_outputs_there_is_nothing_to_do() {
    let manager = manager(Vec::new()).await;
    assert_eq!(manager.describe(), "-");
    manager.sender().send(batch(5));
    assert!(manager.finish(RunEnd::default()).await.is_empty());
}
