//! Catches the OCSP answer that comes with a handshake.
//!
//! rustls shows it to the verifier of certificates and to nobody else, and a verifier serves all connections.
//! But it is called in the middle of one poll of the handshake that it verifies, on that thread. So each poll
//! starts with an empty place and takes away what was put there.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::ocsp::{self, Ocsp};

thread_local! {
    static SEEN: RefCell<Option<Ocsp>> = const { RefCell::new(None) };
}

/// A verifier was shown this; empty when the server sent none.
pub(super) fn note(response: &[u8]) {
    if !response.is_empty() {
        SEEN.set(ocsp::parse(response));
    }
}

/// A handshake, and the OCSP answer that came with it.
pub(crate) struct Stapled<F> {
    handshake: F,
    ocsp: Option<Ocsp>,
}

impl<F> Stapled<F> {
    pub(crate) fn new(handshake: F) -> Self {
        Self { handshake, ocsp: None }
    }
}

impl<F: Future + Unpin> Future for Stapled<F> {
    type Output = (F::Output, Option<Ocsp>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        SEEN.take();
        let polled = Pin::new(&mut self.handshake).poll(cx);
        if let Some(seen) = SEEN.take() {
            self.ocsp = Some(seen);
        }
        polled.map(|output| (output, self.ocsp.take()))
    }
}
