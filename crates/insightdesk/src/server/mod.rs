//! The desk as a running server: putting it together, accepting connections, stopping.
//!
//! Start with [`spawn`]. The life of a connection is in [`connection`], the accept loop and the stop protocol
//! in [`accept`].

mod accept;
mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(crate) use self::connection::Connection;
use crate::api::{self, App, Desk};
use crate::auth::password::Passwords;
use crate::auth::{Authenticator, Lifetimes};
use crate::bus::{Bus, Event, LocalBus};
use crate::cache::{Cache, CacheCounters, LocalCache};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::fault::Faults;
use crate::ledger::Ledger;
use crate::realtime::{self, Realtime};
use crate::seed;
use crate::storage::{OpenError, Storage, StorageError};
use crate::valkey::{Valkey, ValkeyBus, ValkeyCache, ValkeyError};

/// Why a desk does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database fails on first use.
    #[error("cannot prepare the data")]
    Prepare(#[from] StorageError),
    /// The address of Valkey cannot be used.
    #[error(transparent)]
    Valkey(#[from] ValkeyError),
    /// A thread could not be started.
    #[error("cannot start a thread for passwords")]
    Thread(#[source] std::io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A desk at work. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops accepting, lets requests in flight finish within the configured time, and closes the data.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the server did not stop in an orderly way");
        }
    }
}

/// Starts a desk on the current runtime; it is ready for requests when this returns.
pub async fn spawn(config: Config) -> Result<Running, StartError> {
    let listener = listen(SocketAddr::new(config.host, config.port))?;
    let addr = listener.local_addr().map_err(|source| StartError::Listen {
        address: SocketAddr::new(config.host, config.port),
        source,
    })?;
    let storage = config.database.open(&config).await?;
    if config.seed && storage.is_empty().await? {
        let report = seed::seed(&*storage).await?;
        tracing::info!(?report, "seeded");
    }
    let desk_routes = api::routes::routes(config.instrument);
    let desk = Arc::new(assemble(&config, storage, &desk_routes).await?);
    let (realtime, sockets) = Realtime::start(&desk);
    let router = api::router(desk_routes, sockets, Arc::clone(&desk));

    let (stop, stopping) = watch::channel(false);
    let chores = tokio::spawn(do_chores(Arc::clone(&desk)));
    let (pause, bus) = (desk.faults.accept_pause(), Arc::clone(&desk.bus));
    drop(desk);
    let server = tokio::spawn(async move {
        accept::serve(listener, router, realtime, stopping, pause, &*bus, &config).await;
        chores.abort();
        // Once the chores have let go of the desk as well, its storage closes. Their end is always a
        // cancellation.
        let _ = chores.await;
    });
    Ok(Running { addr, stop, server })
}

async fn assemble(
    config: &Config,
    storage: Arc<dyn Storage>,
    routes: &[api::route::Route],
) -> Result<Desk, StartError> {
    let (bus, cache) = connect(config)?;
    let lifetimes =
        Lifetimes { access: config.access_token_lifetime, refresh: config.refresh_token_lifetime };
    let secret = secret(config.jwt_secret.as_deref());
    let passwords = Passwords::start(config.login_concurrency).map_err(StartError::Thread)?;
    let auth =
        Authenticator::start(Arc::clone(&storage), Arc::clone(&bus), passwords, &secret, lifetimes).await?;
    let polling = [(&Method::GET, realtime::PATH), (&Method::POST, realtime::PATH)];
    let accounts = routes.iter().map(|route| (&route.method, route.path)).chain(polling);
    Ok(Desk {
        storage,
        cache,
        cache_counters: CacheCounters::default(),
        bus,
        auth,
        rate_limit: config.rate_limit,
        body_timeout: config.body_timeout,
        ledger: Ledger::new(accounts),
        realtime: Arc::default(),
        faults: Faults::default(),
        openapi: api::openapi::document(routes),
        started_at: Instant::now(),
    })
}

/// What instances share when there is a Valkey.
type Shared = (Arc<dyn Bus>, Arc<dyn Cache>);

fn connect(config: &Config) -> Result<Shared, ValkeyError> {
    let Some(url) = &config.valkey else {
        return Ok((Arc::new(LocalBus::default()), Arc::new(LocalCache::default())));
    };
    let valkey = Arc::new(Valkey::connect(url.reveal())?);
    Ok((Arc::new(ValkeyBus::start(&valkey)), Arc::new(ValkeyCache::new(valkey))))
}

/// A shorter secret than the hash it feeds is easier to guess than the hash.
const DECENT_SECRET: usize = 32;

fn secret(given: Option<&str>) -> Vec<u8> {
    match given {
        Some(secret) => {
            if secret.len() < DECENT_SECRET {
                tracing::warn!("JWT_SECRET has fewer than {DECENT_SECRET} bytes; fine for tests only");
            }
            secret.as_bytes().to_vec()
        }
        None => {
            tracing::info!("JWT_SECRET is not set: made one up, so access tokens end with this process");
            rand::random::<[u8; 32]>().to_vec()
        }
    }
}

/// Connections that wait to be accepted, so that a burst of new clients is not refused.
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Not on Windows, where it would let two servers share the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|source| StartError::Listen { address, source })
}

const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// What goes on beside the requests: hearing other instances, forgetting expired sessions.
async fn do_chores(desk: App) {
    let mut events = desk.bus.subscribe();
    let mut prune = tokio::time::interval(PRUNE_EVERY);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(announcement) if announcement.event == Event::Resumed => catch_up(&desk).await,
                Ok(announcement) => desk.auth.heed(&announcement.event),
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "fell behind the bus");
                    catch_up(&desk).await;
                }
                Err(RecvError::Closed) => return,
            },
            _ = prune.tick() => {
                if let Err(error) = desk.storage.forget_expired_sessions(Timestamp::now()).await {
                    tracing::warn!(%error, "could not forget expired sessions");
                }
            }
        }
    }
}

/// Learns what the bus did not say about sessions whose tokens may still be around.
async fn catch_up(desk: &App) {
    desk.auth.insist_on_catching_up(desk.auth.horizon()).await;
}
