//! The bus between instances, on publish/subscribe.
//!
//! An event is told to the subscribers of its own process at once, and put into a queue for the others. One
//! task empties the queue, in order, trying again while Valkey is away; another listens and connects again
//! whenever the connection breaks. When Valkey is back, nobody talks until the others have had time to listen
//! again. What was said while this instance did not listen is lost, of which [`Event::Resumed`] tells.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::{Msg, RedisError, pipe};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{REST, Valkey};
use crate::bus::{Announcement, Bus, Event, LocalBus};
use crate::clock::Timestamp;

const CHANNEL: &str = "insightdesk:events";
/// Events that wait for Valkey; beyond that the newest are lost to other instances, and that is logged.
const QUEUE: usize = 4096;
/// How long nobody talks once Valkey is back. Instances that listen try to connect again every [`REST`], and
/// connecting takes them a few milliseconds; the rest is for busy machines.
const REUNION: Duration = Duration::from_secs(1);
/// How long connecting may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A bus that reaches other processes.
pub struct ValkeyBus {
    local: Arc<LocalBus>,
    origin: u64,
    queue: mpsc::Sender<Errand>,
    tasks: [JoinHandle<()>; 2],
}

/// What waits in the queue.
enum Errand {
    /// To be told to the other instances: a [`Letter`].
    Tell(String),
    /// All before it has been told.
    Done(oneshot::Sender<()>),
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
        let (queue, errands) = mpsc::channel(QUEUE);
        let talking = tokio::spawn(talk(Arc::clone(valkey), errands));
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
        if self.queue.try_send(Errand::Tell(text)).is_err() {
            tracing::warn!("too many events wait for valkey: other instances will not hear of one");
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.local.subscribe()
    }

    fn drain(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let (done, all_told) = oneshot::channel();
            // Neither can fail: the task that talks ends with this value.
            let _ = self.queue.send(Errand::Done(done)).await;
            let _ = all_told.await;
        })
    }
}

async fn talk(valkey: Arc<Valkey>, mut errands: mpsc::Receiver<Errand>) {
    while let Some(errand) = errands.recv().await {
        match errand {
            Errand::Tell(letter) => tell(&valkey, letter).await,
            // Nobody waits any more when the time to stop was up.
            Errand::Done(done) => _ = done.send(()),
        }
    }
}

/// Tells the other instances, however long that takes.
async fn tell(valkey: &Valkey, letter: String) {
    let mut ask = pipe();
    ask.publish(CHANNEL, letter).ignore();
    while valkey.has_failed_within(REUNION) || valkey.ask::<()>(&ask).await.is_err() {
        reunite(valkey).await;
    }
}

/// Waits until Valkey answers, and then for the others.
async fn reunite(valkey: &Valkey) {
    let mut ask = pipe();
    ask.cmd("PING").ignore();
    while valkey.ask::<()>(&ask).await.is_err() {
        sleep(REST).await;
    }
    sleep(REUNION).await;
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
