//! What the clients of one worker have in common.
//!
//! A worker runs its clients on one thread, so they can share buffers and caches without locks. The buffers
//! are only ever borrowed inside one poll: no borrow lives across an await.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio_rustls::TlsConnector;

use crate::dns::Resolver;
use crate::error::NetError;
use crate::http::h1;
use crate::http::request::Request;
use crate::http::url::Origin;
use crate::options::Options;
use crate::tls::{Alpn, ClientIdentity, Connectors};
use crate::websocket::Deflate;

/// Large enough that most responses arrive in one read.
const READ_BUFFER: usize = 64 * 1024;

/// Servers without HTTP/2 that a worker remembers. Forgetting one costs its next users a wait for each other.
const ORIGINS_REMEMBERED: usize = 256;

/// Options, resolver cache, TLS configuration and scratch buffers of one worker. Cloning shares them.
#[derive(Clone)]
pub struct Shared(Rc<Inner>);

struct Inner {
    options: Arc<Options>,
    resolver: Resolver,
    tls: Connectors,
    /// Where TLS has led to HTTP/1.1.
    without_http2: RefCell<Vec<Arc<Origin>>>,
    read_buffer: RefCell<Box<[u8]>>,
    write_buffer: RefCell<Vec<u8>>,
    deflate: Deflate,
}

impl Shared {
    /// Shared state for a worker. Nothing costly happens yet; TLS is set up at the first `https` request.
    pub fn new(options: Arc<Options>) -> Self {
        Self(Rc::new(Inner {
            resolver: Resolver::new(options.dns),
            options,
            tls: Connectors::default(),
            without_http2: RefCell::default(),
            read_buffer: RefCell::new(vec![0; READ_BUFFER].into()),
            write_buffer: RefCell::default(),
            deflate: Deflate::default(),
        }))
    }

    /// The options that all clients follow.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// What the head of a request looks like on the wire of HTTP/1.1.
    pub fn head_of(&self, request: &Request) -> String {
        let mut head = Vec::new();
        h1::encode::head(&mut head, request, self.options(), None);
        String::from_utf8_lossy(&head).into_owned()
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.0.resolver
    }

    /// The TLS configuration for a kind of connection.
    pub(crate) fn tls(
        &self,
        host: &str,
        own: Option<&ClientIdentity>,
        alpn: Alpn,
    ) -> Result<TlsConnector, NetError> {
        self.0.tls.get(&self.0.options.tls, host, own, alpn)
    }

    /// What compresses messages of WebSockets.
    pub(crate) fn deflate(&self) -> &Deflate {
        &self.0.deflate
    }

    /// Whether a server is known not to speak HTTP/2.
    pub(crate) fn lacks_http2(&self, origin: &Arc<Origin>) -> bool {
        self.0.without_http2.borrow().iter().any(|known| Arc::ptr_eq(known, origin) || known == origin)
    }

    /// Remembers that a server does not speak HTTP/2.
    pub(crate) fn note_without_http2(&self, origin: &Arc<Origin>) {
        if !self.lacks_http2(origin) {
            let mut known = self.0.without_http2.borrow_mut();
            if known.len() >= ORIGINS_REMEMBERED {
                known.clear();
            }
            known.push(Arc::clone(origin));
        }
    }

    /// Runs `use_buffer` on the worker's read buffer.
    pub(crate) fn with_read_buffer<T>(&self, use_buffer: impl FnOnce(&mut [u8]) -> T) -> T {
        use_buffer(&mut self.0.read_buffer.borrow_mut())
    }

    /// Runs `use_buffer` on the worker's write buffer, which is empty at first.
    pub(crate) fn with_write_buffer<T>(&self, use_buffer: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut buffer = self.0.write_buffer.borrow_mut();
        buffer.clear();
        let result = use_buffer(&mut buffer);
        // One huge head must not stay allocated for the rest of the run.
        buffer.shrink_to(READ_BUFFER);
        result
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("options", &self.0.options).finish_non_exhaustive()
    }
}
