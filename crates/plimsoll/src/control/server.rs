//! The server: one thread, few connections, small requests.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::LocalSet;

use super::{Address, Given, Subject, api};
use crate::failure::Failure;

/// More wait to be accepted. Who controls a test has one, a dashboard a few.
const MAX_CONNECTIONS: usize = 64;
/// A request's head must arrive within this time, and an idle connection is closed after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head, and the buffer of each connection.
const MAX_HEAD: usize = 16 * 1024;
/// How long to wait when the system has no more file descriptors to give.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// How long the end of the process waits for answers that are on their way.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// A control API that is bound to its address, and not served yet.
pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Binds the address. Others can connect from now on; they are answered once there is a run to tell of.
    ///
    /// # Errors
    /// When it cannot be bound and a flag asked for it. If a variable did, that is a warning, as in k6, since
    /// it may be meant for another process.
    pub(crate) fn bind(address: &Address) -> Result<Option<Self>, Failure> {
        match (listen(address), address.given) {
            (Ok(server), _) => {
                if !server.address.ip().is_loopback() {
                    let at = server.address;
                    tracing::warn!(
                        target: "plimsoll",
                        "the control API listens on {at}: whoever can reach it can stop the test"
                    );
                }
                Ok(Some(server))
            }
            (Err(why), Given::Flag) => Err(Failure::Address { address: address.text.clone(), why }),
            (Err(why), Given::Environment) => {
                let text = &address.text;
                tracing::warn!(
                    target: "plimsoll", "no control API at {text} (from K6_ADDRESS): {why}"
                );
                Ok(None)
            }
        }
    }

    /// Serves from now on.
    ///
    /// # Errors
    /// When the system refuses a thread or an event queue.
    pub(crate) fn start(self, subject: Subject) -> Result<Serving, Failure> {
        let refused = |source| Failure::System { what: "the control API cannot be served", source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let (close, closing) = watch::channel(());
        let (last, closed) = oneshot::channel();
        let serving = move || {
            LocalSet::new().block_on(&runtime, serve(self.listener, Rc::new(subject), closing));
            drop(last);
        };
        std::thread::Builder::new().name("control".to_owned()).spawn(serving).map_err(refused)?;
        Ok(Serving { close, closed })
    }
}

/// A control API at work. It ends when this is dropped.
pub(crate) struct Serving {
    /// Closes when it is to end.
    close: watch::Sender<()>,
    /// Closes when it has ended.
    closed: oneshot::Receiver<()>,
}

impl Serving {
    /// Takes no more connections, and waits a moment for the answers that are on their way: whoever stops a
    /// test wants to hear that it is stopped.
    pub(crate) async fn finish(self) {
        drop(self.close);
        // What has no answer by then gets none.
        let _ = tokio::time::timeout(LAST_ANSWERS, self.closed).await;
    }
}

fn listen(address: &Address) -> Result<Server, String> {
    let addresses = address.resolve().map_err(|error| error.to_string())?;
    let bound = TcpListener::bind(&addresses[..]).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(Server { address: listener.local_addr()?, listener })
    });
    bound.map_err(|error| error.to_string())
}

async fn serve(listener: TcpListener, subject: Rc<Subject>, mut closing: watch::Receiver<()>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(target: "plimsoll", "no control API: {error}"),
    };
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let arrival = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            arrival = arrival => arrival,
            _ = closing.changed() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::task::spawn_local(converse(stream, Rc::clone(&subject), closing.clone(), place));
            }
            Err(error) => {
                tracing::debug!(target: "plimsoll", "the control API cannot accept a connection: {error}");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
    // All places are free when every connection has ended.
    let _ = places.acquire_many(MAX_CONNECTIONS as u32).await;
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    subject: Rc<Subject>,
    mut closing: watch::Receiver<()>,
    place: OwnedSemaphorePermit,
) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(api::answer(&subject, request).await) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        _ = closing.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(target: "plimsoll", "a connection to the control API ended badly: {error}");
    }
    drop(place);
}
