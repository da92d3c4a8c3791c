//! A site with modules to import: what it serves is set while it runs, and what was asked for is kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::secured;

/// A site on loopback.
#[derive(Clone)]
pub(crate) struct Site {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Whole responses by target.
    pages: BTreeMap<String, Vec<u8>>,
    asked: Vec<String>,
}

impl Site {
    /// A site that speaks plain HTTP.
    pub(crate) async fn start() -> Self {
        Self::serve(None).await
    }

    /// A site that speaks TLS as `localhost`, and the certificate of who vouches for it, as PEM.
    pub(crate) async fn secure() -> (Self, String) {
        let (acceptor, root) = secured::acceptor();
        (Self::serve(Some(acceptor)).await, root)
    }

    async fn serve(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let site = Site { address: listener.local_addr().expect("an address"), state: Arc::default() };
        let served = site.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (site, tls) = (served.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => site.answer(stream).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => site.answer(stream).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        site
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The URL of a target, by plain HTTP.
    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Serves a module.
    pub(crate) fn put(&self, target: &str, module: &str) {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", module.len());
        self.put_raw(target, head + module);
    }

    /// Answers with these bytes, then closes the connection.
    pub(crate) fn put_raw(&self, target: &str, response: impl Into<Vec<u8>>) {
        self.state().pages.insert(target.to_owned(), response.into());
    }

    /// What was asked for so far, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.state().asked.clone();
        asked.sort();
        asked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    /// Answers one request, which has no body.
    async fn answer(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = stream.read_line(&mut head).await.ok()?;
            (read > 0).then_some(())?;
        }
        let target = head.split(' ').nth(1)?.to_owned();
        let response = {
            let mut state = self.state();
            state.asked.push(target.clone());
            state.pages.get(&target).cloned()
        };
        let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(response.as_deref().unwrap_or(missing)).await.ok()?;
        stream.shutdown().await.ok()
    }
}
