//! `k6/ws`: WebSockets for scripts that wait.
//!
//! Source: <https://grafana.com/docs/k6/latest/javascript-api/k6-ws/>. `connect` returns when the connection
//! has ended; until then the VU runs a loop for the handlers of that one connection, with timers of its own.
//! Promises and the timers of the global loop wait until it is over, as in k6.

mod socket;

use std::rc::Rc;
use std::time::Duration;

use plimsoll_net::Response;
use plimsoll_net::websocket::{Handshake, HandshakeError, handshake};
use rquickjs::function::Rest;
use rquickjs::{Coerced, Ctx, Function, Object, Result, Value};
use tokio::time::Instant;

use self::socket::Socket;
use super::http::headers_of;
use super::sockets::{Params, Session, refuse_in_init};
use crate::exception::throw_host;
use crate::state::{Interrupted, VuState};
use crate::worker::Target;

pub(crate) const EXPORTS: &[&str] = &["connect"];

/// k6's limit for connecting.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes the export.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let state = Rc::clone(state);
    let call = move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| connect(&ctx, &state, &arguments.0);
    Ok(Function::new(ctx.clone(), call)?.with_name(name)?.into_value())
}

/// `connect(url, callback)` or `connect(url, params, callback)`.
fn connect<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, arguments: &[Value<'js>]) -> Result<Object<'js>> {
    refuse_in_init(ctx, state, "websockets")?;
    let [url, params @ .., callback] = arguments else {
        return Err(throw_host(ctx, "invalid number of arguments to ws.connect"));
    };
    let Some(callback) = callback.as_function() else {
        return Err(throw_host(ctx, "last argument to ws.connect must be a function"));
    };
    let url = url.get::<Coerced<String>>()?.0;
    let params = Params::from_value(ctx, state, params.first().cloned(), false)?;
    match open(ctx, state, &url, &params)? {
        Attempt::Impossible(error) => refuse(ctx, state, &url, None, &error),
        Attempt::Made(target, handshake) => {
            let session = Session::of_handshake(state, &target, &params.tags, false, &handshake);
            let Handshake { response, result, .. } = *handshake;
            match (result, response) {
                (Ok(connection), Some(response)) => {
                    Socket::new(state, session, connection).live(ctx, callback)?;
                    describe(ctx, &url, Some(&response), "")
                }
                (Ok(_), None) => unreachable!("a connection comes with an answer"),
                (Err(error), response) => refuse(ctx, state, &target.shown, response.as_ref(), &error),
            }
        }
    }
}

/// What became of the attempt.
enum Attempt {
    /// The URL names nothing that can be connected to.
    Impossible(HandshakeError),
    Made(Rc<Target>, Box<Handshake>),
}

/// Connects, and counts the bytes.
fn open(ctx: &Ctx<'_>, state: &Rc<VuState>, url: &str, params: &Params) -> Result<Attempt> {
    let target = state.worker.target(url).map_err(HandshakeError::Net);
    let parsed = target.and_then(|target| Ok((handshake::request_url(&target.url)?, target)));
    let (url, target) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Attempt::Impossible(error)),
    };
    let mut request = handshake::request(url);
    params.apply(state, &mut request);
    let protocols = request.headers.get("Sec-WebSocket-Protocol").unwrap_or_default().to_owned();
    let url = request.url.clone();
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    let opening = handshake::open(&state.worker.net, request, &protocols, params.compress, deadline);
    let handshake = state.wait(Box::pin(opening)).map_err(|Interrupted| Interrupted::throw(ctx))?;
    state.count(handshake.traffic);
    if let Some(response) = &handshake.response {
        params.jar(state).borrow_mut().receive(&url, response);
    }
    Ok(Attempt::Made(target, Box::new(handshake)))
}

/// Ends a call that has no connection: an exception under `throw`, else a response that says why.
fn refuse<'js>(
    ctx: &Ctx<'js>,
    state: &VuState,
    url: &str,
    response: Option<&Response>,
    error: &HandshakeError,
) -> Result<Object<'js>> {
    let text = error.to_string();
    if state.worker.script.throw {
        return Err(throw_host(ctx, &text));
    }
    state.worker.log_failure(error.code(), &format!("WebSocket \"{url}\": {text}{}", status_text(response)));
    describe(ctx, "", response, &text)
}

/// The status of an answer that is no 101, for the log.
pub(crate) fn status_text(response: Option<&Response>) -> String {
    let refused = response.filter(|response| response.status != 101);
    refused.map_or_else(String::new, |response| format!(" (status {})", response.status))
}

/// The object that `connect` returns.
fn describe<'js>(ctx: &Ctx<'js>, url: &str, response: Option<&Response>, error: &str) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("url", url)?;
    object.set("status", response.map_or(0, |response| response.status))?;
    object.set("headers", headers_of(ctx, response)?)?;
    let body = response.map_or_else(Default::default, |response| String::from_utf8_lossy(&response.body));
    object.set("body", &*body)?;
    object.set("error", error)?;
    Ok(object)
}
