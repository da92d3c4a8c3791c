//! Answers that may be a few seconds old, and counts that live as long as their window.
//!
//! [`Cache`] is the seam; [`LocalCache`] serves a single process, [`crate::valkey`] several. It may forget
//! anything at any time. Boxed futures for the reason given in [`crate::storage`]. Start with [`Cache`].

use std::collections::HashMap;
use std::future::ready;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

/// The eventual answer of a cache.
pub type CacheAnswer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Remembers things for a short while.
pub trait Cache: Send + Sync + 'static {
    /// What was put under `key`, unless it is too old.
    fn get(&self, key: &str) -> CacheAnswer<'_, Option<Bytes>>;
    /// Remembers `value` for `lifetime`.
    fn put(&self, key: &str, value: Bytes, lifetime: Duration) -> CacheAnswer<'_, ()>;
    /// Counts one more event under `key` and says how many there were in the present window, and how long
    /// that window still lasts.
    fn count(&self, key: &str, window: Duration) -> CacheAnswer<'_, (u64, Duration)>;
    /// Whether the server behind it answers, if there is one.
    fn health(&self) -> CacheAnswer<'_, Option<Result<(), String>>> {
        Box::pin(ready(None))
    }
}

/// How often the cache had an answer.
#[derive(Default)]
pub(crate) struct CacheCounters {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// The counters at one moment.
pub(crate) struct CacheReading {
    pub hits: u64,
    pub misses: u64,
}

impl CacheCounters {
    /// Notes whether there was an answer.
    pub(crate) fn note(&self, is_hit: bool) {
        let counter = if is_hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> CacheReading {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheReading { hits: read(&self.hits), misses: read(&self.misses) }
    }
}

/// Beyond this many entries the stale ones are dropped, and if that is not enough, all of them.
const MAX_ENTRIES: usize = 100_000;

/// A cache within one process.
#[derive(Default)]
pub struct LocalCache {
    entries: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    value: Value,
    stale_at: Instant,
}

enum Value {
    Bytes(Bytes),
    Count(u64),
}

impl LocalCache {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, key: &str) -> Option<Bytes> {
        match self.lock().get(key) {
            Some(Entry { value: Value::Bytes(bytes), stale_at }) if *stale_at > Instant::now() => {
                Some(bytes.clone())
            }
            _ => None,
        }
    }

    fn write(&self, key: &str, entry: Entry) {
        let mut entries = self.lock();
        make_room(&mut entries);
        entries.insert(key.to_owned(), entry);
    }

    fn increment(&self, key: &str, window: Duration) -> (u64, Duration) {
        let now = Instant::now();
        let mut entries = self.lock();
        if let Some(Entry { value: Value::Count(count), stale_at }) = entries.get_mut(key)
            && *stale_at > now
        {
            *count += 1;
            return (*count, *stale_at - now);
        }
        make_room(&mut entries);
        entries.insert(key.to_owned(), Entry { value: Value::Count(1), stale_at: now + window });
        (1, window)
    }
}

fn make_room(entries: &mut HashMap<String, Entry>) {
    if entries.len() < MAX_ENTRIES {
        return;
    }
    let now = Instant::now();
    entries.retain(|_, entry| entry.stale_at > now);
    if entries.len() >= MAX_ENTRIES {
        entries.clear();
    }
}

impl Cache for LocalCache {
    fn get(&self, key: &str) -> CacheAnswer<'_, Option<Bytes>> {
        Box::pin(ready(self.read(key)))
    }

    fn put(&self, key: &str, value: Bytes, lifetime: Duration) -> CacheAnswer<'_, ()> {
        self.write(key, Entry { value: Value::Bytes(value), stale_at: Instant::now() + lifetime });
        Box::pin(ready(()))
    }

    fn count(&self, key: &str, window: Duration) -> CacheAnswer<'_, (u64, Duration)> {
        Box::pin(ready(self.increment(key, window)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn entries_go_stale() {
        let cache = LocalCache::default();
        cache.put("fresh", Bytes::from_static(b"a"), SECOND).await;
        cache.put("stale", Bytes::from_static(b"b"), Duration::ZERO).await;
        assert_eq!(cache.get("fresh").await.as_deref(), Some(&b"a"[..]));
        assert_eq!(cache.get("stale").await, None);
        assert_eq!(cache.get("never").await, None);
    }

    #[tokio::test]
    async fn counts_start_over_with_each_window() {
        let cache = LocalCache::default();
        assert_eq!(cache.count("k", SECOND).await.0, 1);
        assert_eq!(cache.count("k", SECOND).await.0, 2);
        assert_eq!(cache.count("brief", Duration::ZERO).await.0, 1);
        assert_eq!(cache.count("brief", Duration::ZERO).await.0, 1);
    }

    #[tokio::test]
    async fn a_flood_of_keys_is_bounded() {
        let cache = LocalCache::default();
        for key in 0..MAX_ENTRIES + 10 {
            cache.increment(&key.to_string(), SECOND);
        }
        assert!(cache.lock().len() <= MAX_ENTRIES);
    }
}
