//! Threads and queues between the workers and the outputs.
//!
//! Every output has a thread and a queue of its own, so the slowest does not hold up the others. A queue is
//! bounded by the number of samples in it; what does not fit is dropped and counted. A batch is shared
//! between the queues, not copied.
//!
//! An output whose step fails is dropped. Its queue is emptied and counted from then on. [`Failure`] is
//! called when that happens, and when an output tells of trouble that it may get over.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use plimsoll_metrics::SampleBatch;
use tokio::sync::{mpsc, oneshot};

use crate::error::OutputError;
use crate::output::{News, Outlook, Output, RunEnd, RunStart, Setbacks};

/// How many samples may wait in front of one output: about a second of what one machine can record, some 60
/// MB. Batches that wait in front of several outputs are in memory once.
pub const QUEUE_SAMPLES: u64 = 1_000_000;

/// How long outputs have to write what is queued when the run is over.
pub const FINISH_LIMIT: Duration = Duration::from_secs(30);

/// Told at once when something happens to an output: its description, and what.
pub type Failure = Arc<dyn Fn(&str, Event<'_>) + Send + Sync>;

/// What happens to an output.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// It has failed, and gets no more samples.
    Failed(&'a OutputError),
    /// It is in trouble, and goes on.
    Trouble {
        /// What went wrong.
        error: &'a OutputError,
        /// What that means for the samples.
        outlook: Outlook,
    },
    /// The trouble is over.
    Recovered,
}

/// The outputs of a run.
pub struct Manager {
    lanes: Vec<Lane>,
    handle: Arc<[LaneHandle]>,
}

/// The way into the manager: cheap to clone, for every worker.
#[derive(Clone)]
pub struct Sender {
    lanes: Arc<[LaneHandle]>,
}

/// What became of one output.
#[derive(Debug)]
pub struct OutputReport {
    /// Its description.
    pub output: String,
    /// Samples it wrote.
    pub written: u64,
    /// Samples it did not write.
    pub lost: u64,
    /// Why it failed, if it did.
    pub error: Option<OutputError>,
    /// Whether it is a file that somebody asked for: then an error means that it is not there, or not whole.
    pub is_file: bool,
}

/// The manager's end of an output.
struct Lane {
    description: String,
    is_file: bool,
    ended: oneshot::Receiver<Result<(), OutputError>>,
}

/// The workers' end of an output.
struct LaneHandle {
    queue: mpsc::UnboundedSender<Message>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Samples in the queue: what bounds it.
    waiting: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
}

enum Message {
    Batch(Arc<SampleBatch>),
    End(RunEnd),
}

impl Manager {
    /// Starts every output, each on a thread of its own.
    ///
    /// # Errors
    /// The first output that cannot start. The others are dropped: they have written no sample, and left no
    /// file, though InfluxDB may have made its database.
    pub async fn start(
        outputs: Vec<Box<dyn Output>>,
        run: RunStart,
        failure: Failure,
    ) -> Result<Self, OutputError> {
        let run = Arc::new(run);
        let mut lanes = Vec::with_capacity(outputs.len());
        let mut handles = Vec::with_capacity(outputs.len());
        for output in outputs {
            match start_lane(output, Arc::clone(&run), Arc::clone(&failure)).await {
                Ok((lane, handle)) => {
                    lanes.push(lane);
                    handles.push(handle);
                }
                Err(error) => {
                    // Without a way in the others end. They are waited for, since they have to clear away
                    // what they have begun before the process ends.
                    drop(handles);
                    for lane in lanes {
                        let _ = lane.ended.await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(Self { lanes, handle: handles.into() })
    }

    /// The way in for the workers.
    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender { lanes: Arc::clone(&self.handle) }
    }

    /// What the banner's `output:` line says; `-` without outputs.
    #[must_use]
    pub fn describe(&self) -> String {
        let descriptions: Vec<_> = self.lanes.iter().map(|lane| lane.description.as_str()).collect();
        if descriptions.is_empty() { "-".to_owned() } else { descriptions.join(", ") }
    }

    /// Waits until every output has written what is queued and the end, for at most [`FINISH_LIMIT`].
    ///
    /// Call it when no worker sends any more.
    pub async fn finish(self, end: RunEnd) -> Vec<OutputReport> {
        self.finish_within(FINISH_LIMIT, end).await
    }

    /// [`Self::finish`] with a limit of the caller's choice, for all outputs together.
    pub async fn finish_within(self, limit: Duration, end: RunEnd) -> Vec<OutputReport> {
        for handle in self.handle.iter() {
            // An output that is gone is reported below.
            let _ = handle.queue.send(Message::End(end.clone()));
        }
        let deadline = tokio::time::Instant::now() + limit;
        let mut reports = Vec::with_capacity(self.lanes.len());
        for (lane, handle) in self.lanes.into_iter().zip(self.handle.iter()) {
            let error = match tokio::time::timeout_at(deadline, lane.ended).await {
                Ok(Ok(result)) => result.err(),
                Ok(Err(_)) => Some(OutputError::Lost),
                Err(_) => Some(OutputError::Stuck { limit }),
            };
            let (output, is_file) = (lane.description, lane.is_file);
            let (written, lost) = handle.counts.so_far();
            reports.push(OutputReport { output, written, lost, error, is_file });
        }
        reports
    }
}

impl Sender {
    /// Hands a batch to every output. It does not wait: an output whose queue is full loses the batch.
    pub fn send(&self, batch: SampleBatch) {
        if batch.is_empty() {
            return;
        }
        let batch = Arc::new(batch);
        self.lanes.iter().for_each(|lane| lane.offer(&batch));
    }
}

impl LaneHandle {
    fn offer(&self, batch: &Arc<SampleBatch>) {
        let samples = batch.samples.len() as u64;
        self.counts.lost.fetch_add(batch.lost, Ordering::Relaxed);
        let waiting = self.counts.waiting.fetch_add(samples, Ordering::Relaxed);
        // A batch larger than the whole queue may still go into an empty one.
        let fits = waiting == 0 || waiting + samples <= QUEUE_SAMPLES;
        if !fits || self.queue.send(Message::Batch(Arc::clone(batch))).is_err() {
            self.counts.waiting.fetch_sub(samples, Ordering::Relaxed);
            self.counts.lost.fetch_add(samples, Ordering::Relaxed);
        }
    }
}

impl Counts {
    /// The samples of a batch left the queue.
    fn settle(&self, samples: u64, written: bool) {
        self.waiting.fetch_sub(samples, Ordering::Relaxed);
        let count = if written { &self.written } else { &self.lost };
        count.fetch_add(samples, Ordering::Relaxed);
    }

    /// Samples that were counted as written are lost.
    fn lose(&self, samples: u64) {
        self.written.fetch_sub(samples, Ordering::Relaxed);
        self.lost.fetch_add(samples, Ordering::Relaxed);
    }

    /// Samples written, and samples lost. What still waits now was not written.
    fn so_far(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.written), read(&self.lost) + read(&self.waiting))
    }
}

/// The far end of a lane, on the output's thread.
struct Worker {
    output: Box<dyn Output>,
    queue: mpsc::UnboundedReceiver<Message>,
    counts: Arc<Counts>,
    failure: Failure,
}

async fn start_lane(
    output: Box<dyn Output>,
    run: Arc<RunStart>,
    failure: Failure,
) -> Result<(Lane, LaneHandle), OutputError> {
    let (queue, receiver) = mpsc::unbounded_channel();
    let (started, is_started) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let counts = Arc::new(Counts::default());
    let (description, is_file) = (output.describe(), output.is_file());
    let mut worker = Worker { output, queue: receiver, counts: Arc::clone(&counts), failure };
    let name = format!("output {description}");
    let body = move || {
        block_on(async move {
            let result = worker.output.start(&run).await;
            let is_running = result.is_ok();
            let _ = started.send(result);
            if is_running {
                let _ = end.send(worker.run().await);
            }
        });
    };
    thread::Builder::new().name(name).spawn(body).map_err(OutputError::Thread)?;
    is_started.await.unwrap_or(Err(OutputError::Lost))?;
    Ok((Lane { description, is_file, ended }, LaneHandle { queue, counts }))
}

/// A runtime of its own for each output: one may block without holding up another.
fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a current-thread runtime needs nothing that could be missing").block_on(future);
}

impl Worker {
    async fn run(mut self) -> Result<(), OutputError> {
        match self.write_all().await {
            Ok(()) => Ok(()),
            Err(error) => {
                (self.failure)(&self.output.describe(), Event::Failed(&error));
                let Self { output, queue, counts, .. } = self;
                // What it had open is closed now, not when the run ends.
                drop(output);
                discard(queue, &counts).await;
                Err(error)
            }
        }
    }

    async fn write_all(&mut self) -> Result<(), OutputError> {
        // Opening may have had its troubles too.
        self.tell_setbacks();
        while let Some(message) = self.queue.recv().await {
            match message {
                Message::Batch(batch) => {
                    let result = self.output.write(&batch).await;
                    self.counts.settle(batch.samples.len() as u64, result.is_ok());
                    self.tell_setbacks();
                    result?;
                }
                Message::End(end) => {
                    let result = self.output.finish(&end).await;
                    self.tell_setbacks();
                    return result;
                }
            }
        }
        // Every sender is gone without an end: the run was torn down, and the result must not look complete.
        Ok(())
    }

    fn tell_setbacks(&mut self) {
        let Setbacks { lost, news } = self.output.setbacks();
        self.counts.lose(lost);
        for one in &news {
            let event = match one {
                News::Trouble { error, outlook } => Event::Trouble { error, outlook: *outlook },
                News::Recovered => Event::Recovered,
            };
            (self.failure)(&self.output.describe(), event);
        }
    }
}

/// Counts as lost what is queued for an output that failed, until the run ends.
async fn discard(mut queue: mpsc::UnboundedReceiver<Message>, counts: &Counts) {
    while let Some(Message::Batch(batch)) = queue.recv().await {
        counts.settle(batch.samples.len() as u64, false);
    }
}
