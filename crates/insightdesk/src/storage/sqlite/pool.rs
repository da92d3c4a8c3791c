//! The threads that own SQLite connections, and the bounded queues in front of them.
//!
//! SQLite blocks, so its connections live on threads of their own: one that writes and a few that read
//! (write-ahead logging lets them work side by side). A query is a closure that is sent to such a thread.
//! This module knows no SQL. Start with [`Pool::run`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::occupancy::{Occupancy, Waiting};
use crate::storage::{PoolReading, StorageError};

/// How many SQLite instructions run between two looks at the clock: some 100 µs.
const INSTRUCTIONS_PER_CLOCK_CHECK: i32 = 10_000;

/// Connections that do the same kind of work and share one queue.
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
    occupancy: Occupancy,
}

struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    closed: bool,
}

struct Job {
    work: Box<dyn FnOnce(&mut Connection) + Send>,
    deadline: Instant,
    waiting: Waiting,
}

impl Pool {
    /// Gives each connection a thread; at most `capacity` queries wait for one.
    pub(super) fn start(name: &str, connections: Vec<Connection>, capacity: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new(), capacity });
        let mut threads = Vec::new();
        for (index, connection) in connections.into_iter().enumerate() {
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("{name}-{index}"));
            threads.push(thread.spawn(move || serve(&queue, connection))?);
        }
        Ok(Self { queue, threads, occupancy: Occupancy::default() })
    }

    /// Runs `work` on one of the connections and waits for its result, at most `limit` long.
    ///
    /// A query whose caller has gone away before its turn is not run.
    pub(super) async fn run<T, F>(&self, limit: Duration, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StorageError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let deadline = Instant::now() + limit;
        let work = Box::new(move |connection: &mut Connection| {
            if !answer.is_closed() {
                // The caller may give up while the query runs; then nobody wants the result.
                let _ = answer.send(work(connection));
            }
        });
        self.queue.push(Job { work, deadline, waiting: self.occupancy.wait() })?;
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        match answered.await {
            Ok(Err(StorageError::Sqlite(error))) if is_interruption(&error) => {
                Err(StorageError::TimedOut { limit_ms })
            }
            Ok(result) => result,
            Err(_) if Instant::now() >= deadline => Err(StorageError::TimedOut { limit_ms }),
            Err(_) => Err(StorageError::Lost),
        }
    }

    pub(super) fn reading(&self, name: &'static str) -> PoolReading {
        let connections = self.threads.len();
        PoolReading { name, open: connections, limit: connections, occupancy: self.occupancy.read() }
    }
}

impl Drop for Pool {
    /// Lets the queries that wait finish, then closes the connections.
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // The lock is never held while foreign code runs, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), StorageError> {
        let mut state = self.lock();
        if state.jobs.len() >= self.capacity {
            return Err(StorageError::Overloaded { waiting: state.jobs.len() });
        }
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, or `None` when the pool closed and nothing is left.
    fn pop(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn is_interruption(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}

/// The life of one database thread.
fn serve(queue: &Queue, mut connection: Connection) {
    let alarm = Alarm::install(&mut connection);
    while let Some(job) = queue.pop() {
        if Instant::now() >= job.deadline {
            continue; // Dropping the job tells its caller.
        }
        alarm.set(job.deadline);
        let _using = job.waiting.begin();
        // A panicking query must not take the connection with it; its caller hears that the answer is lost.
        let outcome = catch_unwind(AssertUnwindSafe(|| (job.work)(&mut connection)));
        if outcome.is_err() {
            tracing::error!("a query panicked");
            restore(&connection);
        }
    }
    // Only the last connection to close can fold the log into the database, and only it needs to.
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "closing the database failed");
    }
}

/// Leaves a transaction that a panic left open.
fn restore(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "rolling back failed");
    }
}

/// Interrupts a connection's query when its time is up.
struct Alarm {
    epoch: Instant,
    deadline_us: Arc<AtomicU64>,
}

impl Alarm {
    fn install(connection: &mut Connection) -> Self {
        let alarm = Self { epoch: Instant::now(), deadline_us: Arc::new(AtomicU64::new(u64::MAX)) };
        let (epoch, deadline_us) = (alarm.epoch, Arc::clone(&alarm.deadline_us));
        let is_late = move || micros(epoch.elapsed()) >= deadline_us.load(Ordering::Relaxed);
        if let Err(error) = connection.progress_handler(INSTRUCTIONS_PER_CLOCK_CHECK, Some(is_late)) {
            tracing::warn!(%error, "queries on this connection are not bounded in time");
        }
        alarm
    }

    fn set(&self, deadline: Instant) {
        self.deadline_us.store(micros(deadline.duration_since(self.epoch)), Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pool(capacity: usize) -> Pool {
        let connection = Connection::open_in_memory().expect("memory is available");
        Pool::start("test", vec![connection], capacity).expect("a thread starts")
    }

    #[tokio::test]
    async fn a_query_without_end_is_interrupted() {
        let endless =
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let pool = pool(4);
        let result =
            pool.run(Duration::from_millis(50), move |c| {
                Ok(c.query_row(endless, [], |row| row.get::<_, i64>(0))?)
            })
            .await;
        assert!(matches!(result, Err(StorageError::TimedOut { limit_ms: 50 })), "{result:?}");
        let next = pool.run(SECOND, |c| Ok(c.query_row("SELECT 7", [], |row| row.get::<_, i64>(0))?)).await;
        assert_eq!(next.expect("the connection still works"), 7);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let pool = pool(1);
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let busy = pool.run(SECOND, move |_| {
            let _ = started.send(());
            let _ = released.recv();
            Ok(())
        });
        let refused = async {
            has_started.await.expect("the first query runs");
            let waiting = pool.run(SECOND, |_| Ok(()));
            let refused = async {
                let refused = pool.run(SECOND, |_| Ok(())).await;
                release.send(()).expect("the first query still runs");
                refused
            };
            tokio::join!(waiting, refused)
        };
        let (first, (second, third)) = tokio::join!(busy, refused);
        assert!(first.is_ok() && second.is_ok());
        assert!(matches!(third, Err(StorageError::Overloaded { waiting: 1 })), "{third:?}");
    }

    #[tokio::test]
    async fn a_panicking_query_harms_only_its_caller() {
        let pool = pool(4);
        let lost = pool.run::<(), _>(SECOND, |_| panic!("on purpose")).await;
        assert!(matches!(lost, Err(StorageError::Lost)), "{lost:?}");
        pool.run(SECOND, |_| Ok(())).await.expect("the thread lives on");
    }
}
