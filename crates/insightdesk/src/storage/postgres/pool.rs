//! A bounded number of connections, a bounded number of queries that wait for one, and a time limit for each.
//!
//! This module knows no SQL. Start with [`Pool::run`].

use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, PoolError, RecyclingMethod, Runtime, TimeoutType};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::NoTls;

use super::Limits;
use crate::occupancy::{Occupancy, Using};
use crate::storage::{PoolReading, StorageError};

/// A connection, as queries see it.
pub(super) type Client = Object;

/// What a query does with its connection.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'c>>;

/// The connections.
pub(super) struct Pool {
    connections: deadpool_postgres::Pool,
    /// A place for each query that runs or waits.
    places: Semaphore,
    limits: Limits,
    occupancy: Occupancy,
}

impl Pool {
    /// A pool that connects when it is first used.
    pub(super) fn new(config: tokio_postgres::Config, limits: Limits) -> Self {
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let connections = deadpool_postgres::Pool::builder(Manager::from_config(config, NoTls, manager))
            .max_size(limits.connections)
            .runtime(Runtime::Tokio1)
            .build()
            .expect("a pool without time limits of its own can always be built");
        let places = Semaphore::new(limits.connections + limits.queue);
        Self { connections, places, limits, occupancy: Occupancy::default() }
    }

    /// Runs `work` on a connection, all within `limit`.
    pub(super) async fn run<T, F>(&self, limit: Duration, work: F) -> Result<T, StorageError>
    where
        F: for<'c> FnOnce(&'c mut Client) -> Work<'c, T> + Send,
    {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(StorageError::Overloaded { waiting: self.limits.queue });
        };
        let deadline = Instant::now() + limit;
        let waiting = self.occupancy.wait();
        let answer = timeout_at(deadline, async {
            let connection = self.connections.get().await.map_err(|error| unavailable(error, limit))?;
            let mut lease = Lease { connection: Some(connection), deadline, _using: waiting.begin() };
            work(lease.client()).await
        });
        answer.await.unwrap_or(Err(StorageError::TimedOut { limit_ms: millis(limit) }))
    }

    pub(super) fn reading(&self) -> PoolReading {
        let status = self.connections.status();
        PoolReading {
            name: "postgres",
            open: status.size,
            limit: status.max_size,
            occupancy: self.occupancy.read(),
        }
    }
}

pub(super) fn millis(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
}

fn unavailable(error: PoolError, limit: Duration) -> StorageError {
    match error {
        PoolError::Backend(error) => error.into(),
        PoolError::Timeout(TimeoutType::Wait) => StorageError::TimedOut { limit_ms: millis(limit) },
        other => StorageError::Unreachable { cause: other.to_string() },
    }
}

/// A connection that goes back to the pool, except when its query was given up for being late: the server may
/// be gone without a word, and then everybody who got this connection would wait for it in vain.
struct Lease {
    connection: Option<Object>,
    deadline: Instant,
    _using: Using,
}

impl Lease {
    fn client(&mut self) -> &mut Client {
        self.connection.as_mut().expect("taken only when it is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if Instant::now() >= self.deadline
            && let Some(connection) = self.connection.take()
        {
            drop(Object::take(connection));
        }
    }
}
