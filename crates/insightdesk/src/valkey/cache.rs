//! The shared cache. While Valkey is away each instance has one of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redis::pipe;

use super::Valkey;
use crate::cache::{Cache, CacheAnswer, LocalCache};

/// Keys of ours begin with this: the server may serve others too.
const PREFIX: &str = "insightdesk:";

/// A cache in Valkey.
pub struct ValkeyCache {
    valkey: Arc<Valkey>,
    meanwhile: LocalCache,
}

impl ValkeyCache {
    /// A cache on this connection.
    pub fn new(valkey: Arc<Valkey>) -> Self {
        Self { valkey, meanwhile: LocalCache::default() }
    }
}

fn millis(duration: Duration) -> u64 {
    // Valkey refuses a lifetime of nothing.
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

impl Cache for ValkeyCache {
    fn get(&self, key: &str) -> CacheAnswer<'_, Option<Bytes>> {
        let key = key.to_owned();
        Box::pin(async move {
            let mut ask = pipe();
            ask.get(format!("{PREFIX}{key}"));
            match self.valkey.ask::<(Option<Vec<u8>>,)>(&ask).await {
                Ok((found,)) => found.map(Bytes::from),
                Err(_) => self.meanwhile.get(&key).await,
            }
        })
    }

    fn put(&self, key: &str, value: Bytes, lifetime: Duration) -> CacheAnswer<'_, ()> {
        let key = key.to_owned();
        Box::pin(async move {
            let mut ask = pipe();
            ask.pset_ex(format!("{PREFIX}{key}"), &value[..], millis(lifetime)).ignore();
            if self.valkey.ask::<()>(&ask).await.is_err() {
                self.meanwhile.put(&key, value, lifetime).await;
            }
        })
    }

    fn count(&self, key: &str, window: Duration) -> CacheAnswer<'_, (u64, Duration)> {
        let key = key.to_owned();
        Box::pin(async move {
            let name = format!("{PREFIX}{key}");
            let mut ask = pipe();
            // The first event of a window opens it.
            ask.atomic().cmd("SET").arg(&name).arg(0).arg("PX").arg(millis(window)).arg("NX").ignore();
            ask.cmd("INCR").arg(&name).cmd("PTTL").arg(&name);
            match self.valkey.ask::<(u64, i64)>(&ask).await {
                Ok((count, left)) => (count, Duration::from_millis(left.try_into().unwrap_or(0))),
                Err(_) => self.meanwhile.count(&key, window).await,
            }
        })
    }

    fn health(&self) -> CacheAnswer<'_, Option<Result<(), String>>> {
        Box::pin(async {
            let mut ask = pipe();
            ask.cmd("PING").ignore();
            Some(self.valkey.ask::<()>(&ask).await.map_err(|error| error.to_string()))
        })
    }
}
