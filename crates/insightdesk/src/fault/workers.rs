//! Threads that work off one queue, for faults that block.
//!
//! They know nothing of what the work is. Start with [`Workers::serve`].

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::occupancy::{Occupancy, Waiting};

/// One request in the queue.
struct Job {
    asked_at: Instant,
    done: oneshot::Sender<()>,
    waiting: Waiting,
}

/// The queue in front of the workers. They end when it is dropped and empty.
pub(super) struct Workers {
    requests: Sender<Job>,
    occupancy: Occupancy,
}

impl Workers {
    /// Starts a thread for each of `works`, which is what that thread does for a request that came at the
    /// given moment.
    pub(super) fn start<W>(works: impl IntoIterator<Item = W>) -> Self
    where
        W: FnMut(Instant) + Send + 'static,
    {
        let (requests, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for work in works {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || work_off(&queue, work));
        }
        Self { requests, occupancy: Occupancy::default() }
    }

    /// Waits for a worker and then for the work to be over.
    pub(super) async fn serve(&self) {
        let (done, served) = oneshot::channel();
        let job = Job { asked_at: Instant::now(), done, waiting: self.occupancy.wait() };
        if self.requests.send(job).is_ok() {
            // An error would mean that the worker is gone, and then nobody needs to wait.
            let _ = served.await;
        }
    }

    /// Who works and who waits.
    pub(super) fn occupancy(&self) -> &Occupancy {
        &self.occupancy
    }
}

fn work_off(queue: &Mutex<Receiver<Job>>, mut work: impl FnMut(Instant)) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { asked_at, done, waiting }) = job else { return };
        // A client that gave up while it waited is not served.
        if !done.is_closed() {
            let using = waiting.begin();
            work(asked_at);
            drop(using);
            let _ = done.send(());
        }
    }
}
