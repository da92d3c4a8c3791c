//! Valkey (or Redis), which makes several instances behave as one: bus and cache.
//!
//! It may go away at any time. Nothing waits for it longer than 300 ms, and after a failure nobody asks for a
//! moment, so that requests do not queue up in front of a server that is gone. Start with
//! [`Valkey::connect`].

mod bus;
mod cache;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{FromRedisValue, Pipeline};
use tokio::time::{Instant, timeout};

pub use self::bus::ValkeyBus;
pub use self::cache::ValkeyCache;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long nobody asks after a failure.
const REST: Duration = Duration::from_millis(200);

/// Why Valkey did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ValkeyError {
    /// The address is none.
    #[error("VALKEY_URL: expected redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER]")]
    Address,
    /// It refused, or the connection broke.
    #[error("valkey failed: {0}")]
    Failed(#[from] redis::RedisError),
    /// It was silent.
    #[error("valkey did not answer within {} ms", PATIENCE.as_millis())]
    TimedOut,
    /// It failed a moment ago.
    #[error("valkey failed a moment ago")]
    Resting,
}

/// A connection for commands, shared by all who have any.
pub struct Valkey {
    client: redis::Client,
    commands: ConnectionManager,
    epoch: Instant,
    /// Milliseconds since `epoch` until which nobody asks, which is [`REST`] after the last failure; 0 before
    /// the first.
    resting_until: AtomicU64,
}

impl Valkey {
    /// Prepares a connection to `url`; it is made when it is first used, and again whenever it breaks.
    pub fn connect(url: &str) -> Result<Self, ValkeyError> {
        let client = redis::Client::open(url).map_err(|_| ValkeyError::Address)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let commands = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Self { client, commands, epoch: Instant::now(), resting_until: AtomicU64::new(0) })
    }

    /// Sends commands and waits for their answers.
    pub(crate) async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, ValkeyError> {
        if self.now_ms() < self.resting_until.load(Ordering::Relaxed) {
            return Err(ValkeyError::Resting);
        }
        let mut connection = self.commands.clone();
        let answer = match timeout(PATIENCE, commands.query_async(&mut connection)).await {
            Ok(answer) => answer.map_err(ValkeyError::Failed),
            Err(_) => Err(ValkeyError::TimedOut),
        };
        if let Err(error) = &answer {
            tracing::debug!(%error, "valkey is away");
            self.resting_until.store(self.now_ms() + millis(REST), Ordering::Relaxed);
        }
        answer
    }

    /// Whether it failed so recently.
    pub(crate) fn has_failed_within(&self, time: Duration) -> bool {
        let resting_until = self.resting_until.load(Ordering::Relaxed);
        resting_until > 0 && self.now_ms() + millis(REST) < resting_until + millis(time)
    }

    fn now_ms(&self) -> u64 {
        millis(self.epoch.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
