//! What clients may say, and what they hear in return.
//!
//! | event | data | acknowledged with |
//! |---|---|---|
//! | `subscribe`, `unsubscribe` | `{channel}` | `{ok: true, channel}` |
//! | `typing` | `{ticketId}` | `{ok: true}` |
//! | `ping` | `{timestamp}` | –; answered with the event `pong` `{timestamp, serverTime}` |
//!
//! What is refused is acknowledged with `{ok: false, error: {code, message}}`.

use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use socketioxide::extract::{AckSender, Extension, SocketRef, State, TryData};

use super::farewell::{self, Reason};
use super::{Channel, Presence, add, channel};
use crate::api::{App, Desk};
use crate::auth::AuthError;
use crate::auth::access_token::Claims;
use crate::bus::Event;
use crate::clock::Timestamp;
use crate::storage::StorageError;

/// Channels that one socket may hear.
const MAX_CHANNELS: usize = 100;

/// Why somebody may not connect, or not do what they asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("send a token: auth.token when connecting, or ?token=")]
    TokenMissing,
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("too many requests; try again later")]
    RateLimited,
    #[error("expected {0}")]
    Malformed(&'static str),
    #[error("there is no such channel in your organisation")]
    NoChannel,
    #[error("there is no such ticket")]
    NoTicket,
    #[error("a socket may hear at most {MAX_CHANNELS} channels")]
    TooManyChannels,
    #[error("the desk is too busy; try again in a moment")]
    Busy,
    #[error("the desk is stopping")]
    Stopping,
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        tracing::debug!(%error, "refused a socket's wish");
        Self::Busy
    }
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TokenMissing | Self::Auth(_) => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::Malformed(_) => "malformed_request",
            Self::NoChannel => "no_channel",
            Self::NoTicket => "not_found",
            Self::TooManyChannels => "too_many_channels",
            Self::Busy | Self::Stopping => "overloaded",
        }
    }
}

/// The answer to a wish.
#[derive(Serialize)]
struct Answer {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Fault>,
}

#[derive(Serialize)]
struct Fault {
    code: &'static str,
    message: String,
}

fn acknowledge(ack: AckSender, outcome: Result<Option<String>, Refusal>) {
    let answer = match outcome {
        Ok(channel) => Answer { ok: true, channel, error: None },
        Err(refusal) => {
            let error = Fault { code: refusal.code(), message: refusal.to_string() };
            Answer { ok: false, channel: None, error: Some(error) }
        }
    };
    // A client that has gone away meanwhile, or does not read, misses it.
    let _ = ack.send(&answer);
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    channel: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Typing {
    ticket_id: String,
}

fn alive(desk: &Weak<Desk>) -> Result<App, Refusal> {
    desk.upgrade().ok_or(Refusal::Stopping)
}

/// Lets a client in, or answers with `connect_error`.
///
/// From here on the desk listens to it: a client speaks as soon as it hears that it was let in, and that may
/// be before [`welcome`] gets its turn.
pub(super) async fn admit(
    socket: SocketRef,
    TryData(auth): TryData<Credentials>,
    State(desk): State<Weak<Desk>>,
) -> Result<(), Refusal> {
    let desk = alive(&desk)?;
    let claims = identify(&desk, &socket, auth.ok()).await;
    let claims = claims.inspect_err(|_| add(&desk.realtime.refused, 1))?;
    socket.join(channel::session_room(claims.session));
    socket.extensions.insert(Arc::new(claims));
    socket.extensions.insert(Arc::new(Presence::new(&desk.realtime)));
    socket.on("subscribe", subscribe);
    socket.on("unsubscribe", unsubscribe);
    socket.on("typing", typing);
    socket.on("ping", ping);
    Ok(())
}

/// Looks once more whether the client's session has ended: between the check of its token and now the end of
/// the session would have found no socket to dismiss.
pub(super) async fn welcome(
    socket: SocketRef,
    Extension(claims): Extension<Arc<Claims>>,
    State(desk): State<Weak<Desk>>,
) {
    tracing::debug!(socket = %socket.id, "connected");
    if desk.upgrade().is_some_and(|desk| desk.auth.has_ended(claims.session)) {
        farewell::dismiss(socket, Reason::SessionEnded);
    }
}

async fn identify(desk: &App, socket: &SocketRef, auth: Option<Credentials>) -> Result<Claims, Refusal> {
    let query = socket.req_parts().uri.query().unwrap_or_default();
    let in_query = || {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
    };
    let token = auth.map(|auth| auth.token).or_else(in_query).ok_or(Refusal::TokenMissing)?;
    let claims = desk.auth.check(&token)?;
    desk.limit_account(&claims.user).await.map_err(|_| Refusal::RateLimited)?;
    Ok(claims)
}

async fn subscribe(
    socket: SocketRef,
    TryData(wish): TryData<Subscription>,
    Extension(claims): Extension<Arc<Claims>>,
    State(desk): State<Weak<Desk>>,
    ack: AckSender,
) {
    let join = async {
        let wish = wish.map_err(|_| Refusal::Malformed("{channel}"))?;
        let channel = find(&alive(&desk)?, &claims, &wish.channel).await?.name();
        // One of the rooms is that of the session.
        if socket.rooms().len() > MAX_CHANNELS {
            return Err(Refusal::TooManyChannels);
        }
        socket.join(channel.clone());
        Ok(Some(channel))
    };
    acknowledge(ack, join.await);
}

/// The channel of that name, if the tenant has one.
async fn find(desk: &App, claims: &Claims, name: &str) -> Result<Channel, Refusal> {
    let channel = Channel::parse(name).ok_or(Refusal::NoChannel)?;
    let is_ours = match &channel {
        Channel::Tickets(organization) => *organization == claims.organization,
        Channel::Ticket(id) => desk.storage.ticket(&claims.organization, id).await?.is_some(),
    };
    if is_ours { Ok(channel) } else { Err(Refusal::NoChannel) }
}

async fn unsubscribe(socket: SocketRef, TryData(wish): TryData<Subscription>, ack: AckSender) {
    let leave = || {
        let wish = wish.map_err(|_| Refusal::Malformed("{channel}"))?;
        let channel = Channel::parse(&wish.channel).ok_or(Refusal::NoChannel)?.name();
        socket.leave(channel.clone());
        Ok(Some(channel))
    };
    acknowledge(ack, leave());
}

async fn typing(
    socket: SocketRef,
    TryData(wish): TryData<Typing>,
    Extension(claims): Extension<Arc<Claims>>,
    State(desk): State<Weak<Desk>>,
    ack: AckSender,
) {
    let tell = async {
        let ticket = wish.map_err(|_| Refusal::Malformed("{ticketId}"))?.ticket_id;
        let desk = alive(&desk)?;
        match find(&desk, &claims, &format!("ticket:{ticket}")).await {
            Err(Refusal::NoChannel) => return Err(Refusal::NoTicket),
            found => found?,
        };
        let (user, socket) = (claims.user.clone(), socket.id.to_string());
        desk.bus.publish(Event::Typing { ticket, user, socket });
        Ok(None)
    };
    acknowledge(ack, tell.await);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pong {
    timestamp: Value,
    server_time: i64,
}

async fn ping(socket: SocketRef, TryData(data): TryData<Value>) {
    let timestamp = data.ok().and_then(|data| data.get("timestamp").cloned()).unwrap_or(Value::Null);
    let pong = Pong { timestamp, server_time: Timestamp::now().0 };
    // As with acknowledgements.
    let _ = socket.emit("pong", &pong);
}
