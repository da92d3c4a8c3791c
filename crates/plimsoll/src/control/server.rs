//! The server: one thread, few connections, small requests.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When the system refuses a thread or an event queue.
    pub(crate) fn start(self, subject: Subject) -> Result<(), Failure> {
        let refused = |source| Failure::System { what: "the control API cannot be served", source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let serving = move || LocalSet::new().block_on(&runtime, serve(self.listener, Rc::new(subject)));
        std::thread::Builder::new().name("control".to_owned()).spawn(serving).map_err(refused)?;
        Ok(())
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

async fn serve(listener: TcpListener, subject: Rc<Subject>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(target: "plimsoll", "no control API: {error}"),
    };
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(converse(stream, Rc::clone(&subject), place));
            }
            Err(error) => {
                tracing::debug!(target: "plimsoll", "the control API cannot accept a connection: {error}");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one connection.
async fn converse(stream: TcpStream, subject: Rc<Subject>, place: OwnedSemaphorePermit) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(api::answer(&subject, request).await) });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(target: "plimsoll", "a connection to the control API ended badly: {error}");
    }
    drop(place);
}
