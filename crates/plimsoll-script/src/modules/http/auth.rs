//! Showing the credentials of a URL to its server: `params.auth`.
//!
//! Basic authentication is a header that the request has from the start. Digest and NTLM answer challenges,
//! with more requests, each of which has its samples; the refusals that belong to them are expected.

use std::cell::RefCell;

use plimsoll_net::{Credentials, Exchange, Held, Request, Url, digest, ntlm};
use tokio::time::Instant;

use super::call::{Call, Leg};
use super::debug;
use super::params::Auth;
use crate::tag_scope::TagScope;

/// What a call knows of who is asking.
pub(super) struct Login {
    scheme: Auth,
    /// Who, and the host that may know.
    who: Option<(Credentials, String)>,
}

/// The exchange that counts, with its error code and message.
type Sent = (Exchange, (u16, String));

impl Login {
    pub(super) fn new(scheme: Auth, url: &Url) -> Self {
        let who = url.credentials().filter(|_| scheme != Auth::Basic);
        Login { scheme, who: who.map(|who| (who, url.host().to_owned())) }
    }

    /// Sends the request of a call, as often as it takes.
    pub(super) async fn send(&mut self, call: &Call, scope: &RefCell<TagScope>, deadline: Instant) -> Sent {
        let legs = Legs { call, scope, deadline };
        let who = self.who.as_ref().filter(|(_, host)| host == call.request.url.host());
        match (who, self.scheme) {
            (None, _) | (_, Auth::Basic) => legs.send(&call.request, false).await,
            (Some((who, _)), Auth::Digest) => legs.digest(who).await,
            (Some((who, _)), Auth::Ntlm) => legs.ntlm(who).await,
        }
    }
}

/// The requests that a request takes.
struct Legs<'a> {
    call: &'a Call,
    scope: &'a RefCell<TagScope>,
    deadline: Instant,
}

impl Legs<'_> {
    async fn send(&self, request: &Request, expects_401: bool) -> Sent {
        let state = &self.call.state;
        let id = debug::show_request(state, request);
        let mut exchange = state.exchange(request, self.deadline).await;
        let error =
            self.call.conclude(self.scope, &mut exchange, Leg { expects_401, debug_id: id.as_deref() });
        (exchange, error)
    }

    async fn digest(&self, who: &Credentials) -> Sent {
        let mut request = self.call.request.clone();
        // The password is not shown to whoever asks first; k6 does.
        request.headers.remove("Authorization");
        let (exchange, error) = self.send(&request, true).await;
        let challenge = exchange.result.as_ref().ok().filter(|response| response.status == 401);
        let Some(challenge) = challenge.and_then(digest::Challenge::strongest) else {
            return (exchange, error);
        };
        let answer = challenge.answer(who, request.method.as_str(), request.url.target());
        request.headers.set("Authorization", &answer);
        self.call.state.wait_for_turn().await;
        self.send(&request, false).await
    }

    /// A connection is authenticated, not a request: one that was, is asked no more.
    async fn ntlm(&self, who: &Credentials) -> Sent {
        let mut held = Held::default();
        let mut request = self.call.request.clone();
        request.headers.remove("Authorization");
        let sent = self.ntlm_on(&mut held, request, who).await;
        self.call.state.release(held);
        sent
    }

    async fn ntlm_on(&self, held: &mut Held, mut request: Request, who: &Credentials) -> Sent {
        let sent = self.send_on(held, &request, true).await;
        let refusal = sent.0.result.as_ref().ok().filter(|response| response.status == 401);
        let Some(scheme) = refusal.and_then(ntlm::is_asked_for) else { return sent };
        let mut opening = Request { body: None, ..request.clone() };
        opening.headers.set("Authorization", &ntlm::negotiate(scheme));
        let sent = self.next_on(held, &opening, true).await;
        let refusal = sent.0.result.as_ref().ok().filter(|response| response.status == 401);
        let Some(challenge) = refusal.and_then(ntlm::Challenge::of) else { return sent };
        request.headers.set("Authorization", &challenge.answer(who));
        self.next_on(held, &request, false).await
    }

    async fn next_on(&self, held: &mut Held, request: &Request, expects_401: bool) -> Sent {
        self.call.state.wait_for_turn().await;
        self.send_on(held, request, expects_401).await
    }

    async fn send_on(&self, held: &mut Held, request: &Request, expects_401: bool) -> Sent {
        let state = &self.call.state;
        let id = debug::show_request(state, request);
        let mut exchange = state.exchange_on(held, request, self.deadline).await;
        let error =
            self.call.conclude(self.scope, &mut exchange, Leg { expects_401, debug_id: id.as_deref() });
        (exchange, error)
    }
}
