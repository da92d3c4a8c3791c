//! HTTP/1.1 on a thread of its own: few connections, small requests, whatever scripts are doing meanwhile.
//!
//! The control API and the dashboard are served by it. It knows neither; start from [`Listener`].

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::LocalSet;

use crate::control::Address;

/// More wait to be accepted. Who controls or watches a test has one, a wall of screens a few.
const MAX_CONNECTIONS: usize = 64;
/// A request's head must arrive within this time, and an idle connection is closed after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head, and the buffer of each connection.
const MAX_HEAD: usize = 16 * 1024;
/// How long to wait when the system has no more file descriptors to give.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);
/// How long the end of the process waits for answers that are on their way.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// What is served.
pub(crate) trait Answering: Send + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static;

    /// Answers one request.
    async fn answer(&self, request: Request<Incoming>) -> Response<Self::Body>;
}

/// An address that is bound, and not served yet: others can connect, and wait.
pub(crate) struct Listener {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Binds the address.
    ///
    /// # Errors
    /// Why it is of no use.
    pub(crate) fn bind(address: &Address) -> Result<Self, String> {
        let addresses = address.resolve().map_err(|error| error.to_string())?;
        let bound = TcpListener::bind(&addresses[..]).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(Listener { address: listener.local_addr()?, listener })
        });
        bound.map_err(|error| error.to_string())
    }

    /// Serves from now on. The name is that of the thread, and what messages call it.
    ///
    /// # Errors
    /// When the system refuses a thread or an event queue.
    pub(crate) fn start(self, name: &'static str, what: impl Answering) -> std::io::Result<Serving> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (close, closing) = watch::channel(());
        let (last, closed) = oneshot::channel();
        let serving = move || {
            LocalSet::new().block_on(&runtime, serve(name, self.listener, Rc::new(what), closing));
            drop(last);
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(serving)?;
        Ok(Serving { close, closed })
    }
}

/// A server at work. It ends when this is dropped.
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

async fn serve<A: Answering>(
    name: &'static str,
    listener: TcpListener,
    what: Rc<A>,
    mut closing: watch::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(target: "plimsoll", "no {name}: {error}"),
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
                let connection = converse(name, stream, Rc::clone(&what), closing.clone(), place);
                tokio::task::spawn_local(connection);
            }
            Err(error) => {
                tracing::debug!(target: "plimsoll", "the {name} cannot accept a connection: {error}");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
    // All places are free when every connection has ended.
    let _ = places.acquire_many(MAX_CONNECTIONS as u32).await;
}

/// Answers the requests of one connection.
async fn converse<A: Answering>(
    name: &'static str,
    stream: TcpStream,
    what: Rc<A>,
    mut closing: watch::Receiver<()>,
    place: OwnedSemaphorePermit,
) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(what.answer(request).await) });
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
        tracing::debug!(target: "plimsoll", "a connection to the {name} ended badly: {error}");
    }
    drop(place);
}
