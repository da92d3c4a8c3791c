//! The server: where it listens, and what it means that it cannot.

use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};

use super::{Address, Given, Subject, api};
use crate::failure::Failure;
use crate::serving::{Answering, Listener, Serving};

/// A control API that is bound to its address, and not served yet.
pub(crate) struct Server {
    listener: Listener,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Binds the address. Others can connect from now on; they are answered once there is a run to tell of.
    ///
    /// # Errors
    /// When it cannot be bound and a flag asked for it. If a variable did, that is a warning, as in k6, since
    /// it may be meant for another process.
    pub(crate) fn bind(address: &Address) -> Result<Option<Self>, Failure> {
        match (Listener::bind(address), address.given) {
            (Ok(listener), _) => {
                let at = listener.address;
                if !at.ip().is_loopback() {
                    tracing::warn!(
                        target: "plimsoll",
                        "the control API listens on {at}: whoever can reach it can stop the test"
                    );
                }
                Ok(Some(Server { listener, address: at }))
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
        self.listener.start("control API", subject).map_err(refused)
    }
}

impl Answering for Subject {
    type Body = Full<Bytes>;

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        api::answer(self, request).await
    }
}
