//! Socket.IO: what happens, told to browsers at once.
//!
//! Clients show a token when they connect, subscribe to [`Channel`]s of their organisation and hear its
//! events; [`protocol`] is what they may say. Events come from the bus, so those of other instances are told
//! too ([`announcer`]). Who does not read, or whose session ends, is sent away ([`farewell`]). The protocol
//! itself, with its two transports, heartbeats and limits, is socketioxide's. Start with [`Realtime::start`].

mod announcer;
mod channel;
mod farewell;
mod protocol;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use socketioxide::SocketIo;
use socketioxide::handler::ConnectHandler as _;
use socketioxide::layer::SocketIoLayer;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use self::announcer::Announcer;
pub(crate) use self::channel::Channel;
use crate::api::{App, Desk};

/// The path of all requests of the protocol.
pub(crate) const PATH: &str = "/socket.io/";

/// Packets that wait for a client; one more and it is too slow to stay.
const QUEUE: usize = 256;
/// The largest message of a client: subscribing and typing take some dozens of bytes.
const MAX_MESSAGE: u64 = 64 * 1024;
/// For each socket, so it decides what idle ones cost; larger messages only take more reads.
const READ_BUFFER: usize = 1024;
/// A connection that has not joined by now is closed.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What is known about sockets.
#[derive(Default)]
pub(crate) struct Counters {
    connected: AtomicU64,
    disconnected: AtomicU64,
    refused: AtomicU64,
    slow: AtomicU64,
    events: AtomicU64,
    missed: AtomicU64,
}

/// The counters at one moment.
pub(crate) struct Reading {
    pub open: u64,
    pub connected: u64,
    pub refused: u64,
    pub slow: u64,
    pub events: u64,
    /// Events that no socket was told of.
    pub missed: u64,
}

impl Counters {
    pub(crate) fn read(&self) -> Reading {
        // Read first, so that a socket in between counts as open and never as minus one.
        let disconnected = self.disconnected.load(Ordering::Relaxed);
        let connected = self.connected.load(Ordering::Relaxed);
        Reading {
            open: connected.saturating_sub(disconnected),
            connected,
            refused: self.refused.load(Ordering::Relaxed),
            slow: self.slow.load(Ordering::Relaxed),
            events: self.events.load(Ordering::Relaxed),
            missed: self.missed.load(Ordering::Relaxed),
        }
    }
}

/// A socket that counts as open until it is dropped.
struct Presence(Arc<Counters>);

impl Presence {
    fn new(counters: &Arc<Counters>) -> Self {
        add(&counters.connected, 1);
        Self(Arc::clone(counters))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        add(&self.0.disconnected, 1);
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// All sockets of this instance.
pub(crate) struct Realtime {
    io: SocketIo,
    /// The announcer, and the one who sweeps.
    tasks: [JoinHandle<()>; 2],
}

impl Realtime {
    /// Serves sockets through the layer that comes with it, and tells them what the bus says.
    pub(crate) fn start(desk: &App) -> (Self, SocketIoLayer) {
        // Weak, since a socket that lingers must not keep the database open.
        let state: Weak<Desk> = Arc::downgrade(desk);
        let (layer, io) = SocketIo::builder()
            .req_path(PATH.trim_end_matches('/'))
            .max_buffer_size(QUEUE)
            .max_payload(MAX_MESSAGE)
            .ws_max_message_size(usize::try_from(MAX_MESSAGE).unwrap_or(usize::MAX))
            .ws_max_frame_size(usize::try_from(MAX_MESSAGE).unwrap_or(usize::MAX))
            .ws_read_buffer_size(READ_BUFFER)
            .connect_timeout(CONNECT_LIMIT)
            .with_state(Weak::clone(&state))
            .build_layer();
        io.ns("/", protocol::welcome.with(protocol::admit));
        let doubt = Arc::<Notify>::default();
        let sweeping = tokio::spawn(farewell::sweep(io.clone(), Weak::clone(&state), Arc::clone(&doubt)));
        let counters = Arc::clone(&desk.realtime);
        let announcer = Announcer { io: io.clone(), desk: state, counters, doubt };
        let announcing = tokio::spawn(announcer.run(desk.bus.subscribe()));
        (Self { io, tasks: [announcing, sweeping] }, layer)
    }

    /// Closes all sockets; their clients are told.
    pub(crate) async fn close(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.io.close().await;
    }
}
