//! The bus between instances, on publish/subscribe.
//!
//! An event is told to the subscribers of its own process at once, and put into a queue for the others. One
//! task empties the queue, in order, trying again while Valkey is away; another listens and connects again
//! whenever the connection breaks. What was said in the meantime by others is lost, of which
//! [`Event::Resumed`] tells.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::{Msg, RedisError, pipe};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{REST, Valkey};
use crate::bus::{Announcement, Bus, Event, LocalBus};
use crate::clock::Timestamp;

const CHANNEL: &str = "insightdesk:events";
/// Events that wait for Valkey; beyond that the newest are lost to other instances, and that is logged.
const QUEUE: usize = 4096;
/// How long connecting may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A bus that reaches other processes.
pub struct ValkeyBus {
    local: Arc<LocalBus>,
    origin: u64,
    queue: mpsc::Sender<String>,
    tasks: [JoinHandle<()>; 2],
}

/// What is sent to other instances.
#[derive(Serialize, Deserialize)]
struct Letter {
    /// The instance that wrote it, which need not read it.
    origin: u64,
    announcement: Announcement,
}

impl ValkeyBus {
    /// Starts talking and listening.
    pub fn start(valkey: &Arc<Valkey>) -> Self {
        let (local, origin) = (Arc::new(LocalBus::default()), rand::random());
        let (queue, letters) = mpsc::channel(QUEUE);
        let talking = tokio::spawn(talk(Arc::clone(valkey), letters));
        let listening = tokio::spawn(listen(Arc::clone(valkey), Arc::clone(&local), origin));
        Self { local, origin, queue, tasks: [talking, listening] }
    }
}

impl Drop for ValkeyBus {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Bus for ValkeyBus {
    fn publish(&self, event: Event) {
        let announcement = Announcement { event, at: Timestamp::now() };
        let letter = Letter { origin: self.origin, announcement };
        let text = serde_json::to_string(&letter).expect("our own types serialise");
        self.local.announce(letter.announcement);
        if self.queue.try_send(text).is_err() {
            tracing::warn!("too many events wait for valkey: other instances will not hear of one");
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.local.subscribe()
    }
}

async fn talk(valkey: Arc<Valkey>, mut letters: mpsc::Receiver<String>) {
    while let Some(letter) = letters.recv().await {
        let mut ask = pipe();
        ask.publish(CHANNEL, letter).ignore();
        while valkey.ask::<()>(&ask).await.is_err() {
            sleep(REST).await;
        }
    }
}

async fn listen(valkey: Arc<Valkey>, local: Arc<LocalBus>, origin: u64) {
    loop {
        match timeout(CONNECT_LIMIT, subscribe(&valkey)).await {
            Ok(Ok(mut letters)) => {
                local.publish(Event::Resumed);
                while let Some(letter) = letters.next().await {
                    deliver(&local, origin, &letter);
                }
                tracing::warn!("the connection to valkey broke: other instances are not heard");
            }
            Ok(Err(error)) => tracing::debug!(%error, "cannot listen to valkey"),
            Err(_) => tracing::debug!("cannot listen to valkey: it does not answer"),
        }
        sleep(REST).await;
    }
}

async fn subscribe(valkey: &Valkey) -> Result<redis::aio::PubSubStream, RedisError> {
    let mut connection = valkey.client.get_async_pubsub().await?;
    connection.subscribe(CHANNEL).await?;
    Ok(connection.into_on_message())
}

fn deliver(local: &LocalBus, origin: u64, letter: &Msg) {
    match serde_json::from_slice::<Letter>(letter.get_payload_bytes()) {
        Ok(letter) if letter.origin == origin => {}
        Ok(letter) => local.announce(letter.announcement),
        // Another version of the program may be at work beside this one.
        Err(error) => tracing::warn!(%error, "an event of another instance cannot be understood"),
    }
}
