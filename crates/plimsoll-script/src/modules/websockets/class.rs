//! `WebSocket`.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll};

use plimsoll_net::websocket::handshake;
use rquickjs::class::{Trace, Tracer};
use rquickjs::function::{Opt, This};
use rquickjs::{Class, Coerced, Ctx, Function, IntoJs, JsLifetime, Object, Persistent, Result, Value};
use tokio::time::Instant;

use super::link::{Happening, Link, Ready};
use crate::event_loop::{Delivery, Port, deliver_with};
use crate::exception::{as_class, throw_host};
use crate::modules::sockets::{Listeners, Params, buffer, refuse_in_init};
use crate::modules::state_of;
use crate::modules::ws::CONNECT_TIMEOUT;
use crate::octets::{Octets, coerced};
use crate::quickjs;
use crate::state::VuState;
use crate::web::{Blob, require_new};

/// The events, each of which has a property `on…` too.
pub(super) const EVENTS: [&str; 6] = ["open", "message", "error", "close", "ping", "pong"];
/// The code of a connection that has served its purpose.
const NORMAL: u16 = 1000;
/// Bytes that a close frame leaves for the reason.
const REASON_LIMIT: usize = 123;

/// The connection behind the object.
#[derive(JsLifetime)]
struct Handle(#[qjs(skip)] Rc<Link>);

/// A connection, as scripts see it.
#[derive(JsLifetime)]
#[rquickjs::class]
pub(super) struct WebSocket<'js> {
    link: Handle,
    gives_buffers: Cell<bool>,
    listeners: Listeners<'js>,
}

impl<'js> Trace<'js> for WebSocket<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.listeners.trace(tracer);
    }
}

/// What the event loop polls. It keeps the object alive while the connection is.
struct Attached {
    link: Rc<Link>,
    object: Persistent<Class<'static, WebSocket<'static>>>,
}

impl Port for Attached {
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let deliver = |happening| {
            let object = self.object.clone();
            deliver_with(move |ctx| {
                let object = object.restore(ctx)?;
                WebSocket::deliver(ctx, &object, happening)
            })
        };
        self.link.poll_next(cx).map(|happening| happening.map(deliver))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.link.abandon();
    }
}

impl<'js> WebSocket<'js> {
    /// Tells the script what has happened.
    fn deliver(ctx: &Ctx<'js>, object: &Class<'js, Self>, happening: Happening) -> Result<()> {
        match happening {
            Happening::Opened => Self::emit(ctx, object, "open", |_| Ok(())),
            Happening::Ping => Self::emit(ctx, object, "ping", |_| Ok(())),
            Happening::Pong => Self::emit(ctx, object, "pong", |_| Ok(())),
            Happening::Text(text) => Self::emit(ctx, object, "message", |event| {
                event.set("data", text)?;
                event.set("origin", object.borrow().link.0.origin())
            }),
            Happening::Binary(bytes) => Self::emit(ctx, object, "message", |event| {
                event.set("data", object.borrow().binary(ctx, &bytes)?)?;
                event.set("origin", object.borrow().link.0.origin())
            }),
            Happening::Ended { error, code, reason } => {
                if let Some(error) = error {
                    Self::emit(ctx, object, "error", |event| event.set("error", error))?;
                }
                Self::emit(ctx, object, "close", |event| {
                    event.set(
                        "code",
                        code.map_or_else(
                            || Value::new_undefined(ctx.clone()),
                            |code| Value::new_int(ctx.clone(), code.into()),
                        ),
                    )?;
                    event.set("reason", reason)
                })
            }
        }
    }

    /// Calls who listens: the property `on…` first, as in k6. An event that nobody hears is not made.
    fn emit(
        ctx: &Ctx<'js>,
        object: &Class<'js, Self>,
        name: &str,
        fill: impl FnOnce(&Object<'js>) -> Result<()>,
    ) -> Result<()> {
        let property: Value<'js> = object.get(format!("on{name}"))?;
        let listeners = object.borrow().listeners.take(name);
        let functions: Vec<Function<'js>> = property.into_function().into_iter().chain(listeners).collect();
        if functions.is_empty() {
            return Ok(());
        }
        let event = Object::new(ctx.clone())?;
        event.set("type", name)?;
        event.set("target", object.clone())?;
        let at = state_of(ctx).worker.context.clock.timestamp(Instant::now());
        event.set("timestamp", at.0 as f64 / 1e6)?;
        fill(&event)?;
        functions.into_iter().try_for_each(|function| function.call((This(object.clone()), event.clone())))
    }

    fn binary(&self, ctx: &Ctx<'js>, bytes: &[u8]) -> Result<Value<'js>> {
        let state = state_of(ctx);
        if self.gives_buffers.get() {
            return buffer(ctx, &state, bytes);
        }
        quickjs::add_buffers(ctx, state.worker.script.modules.reach)?;
        Class::instance(ctx.clone(), Blob::new_copy(ctx, bytes)?)?.into_js(ctx)
    }

    /// Refuses what needs an open connection.
    fn require_open(&self, ctx: &Ctx<'js>) -> Result<()> {
        match self.link.0.ready() {
            Ready::Connecting => Err(throw_host(ctx, "InvalidStateError")),
            Ready::Open | Ready::Closing | Ready::Closed => Ok(()),
        }
    }
}

/// Reads the arguments of the constructor and begins to connect.
fn connect<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    url: Option<Value<'js>>,
    protocols: Option<Value<'js>>,
    params: Option<Value<'js>>,
) -> Result<Link> {
    refuse_in_init(ctx, state, "websockets")?;
    let Some(url) = url.filter(|url| !url.is_undefined()) else {
        return Err(throw_host(ctx, "WebSocket requires a url"));
    };
    let url = coerced(ctx, url)?;
    let target = state.worker.target(&url).map_err(|error| throw_host(ctx, &error.to_string()))?;
    let request_url = handshake::request_url(&target.url).map_err(|_| {
        throw_host(ctx, &format!("the URL of a WebSocket begins with ws:// or wss://, got {url:?}"))
    })?;
    let params = Params::from_value(ctx, state, params, true)?;
    let mut request = handshake::request(request_url.clone());
    params.apply(state, &mut request);
    let own = request.headers.get("Sec-WebSocket-Protocol").unwrap_or_default().to_owned();
    let protocols = protocols_of(ctx, protocols)?.unwrap_or(own);
    let shared = state.worker.net.clone();
    let compress = params.compress;
    let opening = async move {
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        handshake::open(&shared, request, &protocols, compress, deadline).await
    };
    let jar = params.jar(state);
    Ok(Link::new(state, target, request_url, params.tags, jar, Box::pin(opening)))
}

/// One subprotocol, or several, as the header lists them.
fn protocols_of<'js>(ctx: &Ctx<'js>, protocols: Option<Value<'js>>) -> Result<Option<String>> {
    let Some(protocols) = protocols.filter(|given| !given.is_null() && !given.is_undefined()) else {
        return Ok(None);
    };
    if let Some(list) = protocols.as_array() {
        let names: Vec<String> =
            list.iter::<Coerced<String>>().map(|name| Ok(name?.0)).collect::<Result<_>>()?;
        return Ok((!names.is_empty()).then(|| names.join(", ")));
    }
    if !protocols.is_string() {
        let given = protocols.type_name();
        let message =
            format!("the subprotocols of a WebSocket are a string or an array of strings, not {given}");
        return Err(throw_host(ctx, &message));
    }
    coerced(ctx, protocols).map(Some)
}

#[rquickjs::methods(rename_all = "camelCase")]
impl<'js> WebSocket<'js> {
    #[qjs(constructor)]
    fn new(
        ctx: Ctx<'js>,
        class: This<Value<'js>>,
        url: Opt<Value<'js>>,
        protocols: Opt<Value<'js>>,
        params: Opt<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        require_new(&ctx, &class, "WebSocket")?;
        let state = state_of(&ctx);
        let link = Rc::new(connect(&ctx, &state, url.0, protocols.0, params.0)?);
        let socket = WebSocket {
            link: Handle(Rc::clone(&link)),
            gives_buffers: Cell::new(false),
            listeners: Listeners::default(),
        };
        let object = Class::instance(ctx.clone(), socket)?;
        state.event_loop.attach(Rc::new(Attached { link, object: Persistent::save(&ctx, object.clone()) }));
        Ok(object)
    }

    #[qjs(get)]
    fn url(&self) -> String {
        self.link.0.url().to_owned()
    }

    #[qjs(get)]
    fn ready_state(&self) -> i32 {
        self.link.0.ready() as i32
    }

    #[qjs(get)]
    fn buffered_amount(&self) -> usize {
        self.link.0.ask(plimsoll_net::websocket::WebSocket::buffered)
    }

    #[qjs(get)]
    fn protocol(&self) -> String {
        self.link.0.ask(|connection| connection.protocol().to_owned())
    }

    #[qjs(get)]
    fn extensions(&self) -> &'static str {
        if self.link.0.ask(plimsoll_net::websocket::WebSocket::is_compressed) {
            "permessage-deflate"
        } else {
            ""
        }
    }

    #[qjs(get, rename = "binaryType")]
    fn binary_type(&self) -> &'static str {
        if self.gives_buffers.get() { "arraybuffer" } else { "blob" }
    }

    #[qjs(set, rename = "binaryType")]
    fn set_binary_type(&self, ctx: Ctx<'js>, kind: Value<'js>) -> Result<()> {
        match coerced(&ctx, kind)?.as_str() {
            "blob" => self.gives_buffers.set(false),
            "arraybuffer" => self.gives_buffers.set(true),
            other => {
                let message = format!("unknown binaryType {other:?}: expected \"blob\" or \"arraybuffer\"");
                return Err(throw_host(&ctx, &message));
            }
        }
        Ok(())
    }

    fn send(&self, ctx: Ctx<'js>, data: Opt<Value<'js>>) -> Result<()> {
        self.require_open(&ctx)?;
        let Some(data) = data.0 else {
            return Err(throw_host(&ctx, "send() needs a string, an ArrayBuffer, a view of one, or a Blob"));
        };
        if let Some(blob) = data.as_object().and_then(as_class::<Blob<'js>>) {
            let blob = blob.borrow();
            self.link.0.send(|connection| connection.send_binary(blob.content().0));
        } else if let Some(octets) = Octets::of_buffer(&ctx, &data) {
            self.link.0.send(|connection| connection.send_binary(octets.as_slice()));
        } else {
            let text = coerced(&ctx, data)?;
            self.link.0.send(|connection| connection.send_text(&text));
        }
        Ok(())
    }

    fn ping(&self, ctx: Ctx<'js>) -> Result<()> {
        self.require_open(&ctx)?;
        self.link.0.ping();
        Ok(())
    }

    fn close(&self, ctx: Ctx<'js>, code: Opt<Value<'js>>, reason: Opt<Value<'js>>) -> Result<()> {
        let given = |value: Option<Value<'js>>| value.filter(|value| !value.is_undefined());
        let code = given(code.0).map(|code| code.get::<Coerced<f64>>()).transpose()?.map(|code| code.0);
        if let Some(code) = code.filter(|code| !(*code == 1000.0 || (3000.0..=4999.0).contains(code))) {
            let message = format!(
                "InvalidAccessError: the close code must be 1000 or between 3000 and 4999, not {code}"
            );
            return Err(throw_host(&ctx, &message));
        }
        let reason = given(reason.0).map(|reason| coerced(&ctx, reason)).transpose()?.unwrap_or_default();
        if reason.len() > REASON_LIMIT {
            let message =
                format!("SyntaxError: the close reason has {} bytes, more than {REASON_LIMIT}", reason.len());
            return Err(throw_host(&ctx, &message));
        }
        let code = code.map_or(NORMAL, |code| code as u16);
        self.link.0.close(Some(code), &reason);
        Ok(())
    }

    fn add_event_listener(
        &self,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        listener: Opt<Value<'js>>,
        options: Opt<Value<'js>>,
    ) -> Result<()> {
        if !EVENTS.contains(&event.0.as_str()) {
            let message = format!("unknown event {:?}: expected one of {}", event.0, EVENTS.join(", "));
            return Err(throw_host(&ctx, &message));
        }
        let Some(listener) = listener.0.and_then(Value::into_function) else {
            let message = format!("the listener of the event {:?} must be a function", event.0);
            return Err(throw_host(&ctx, &message));
        };
        let options = options.0.and_then(Value::into_object);
        let once = options.map(|options| options.get::<_, Coerced<bool>>("once")).transpose()?;
        if !self.listeners.contains(&event.0, &listener) {
            self.listeners.add(&event.0, listener, once.is_some_and(|once| once.0));
        }
        Ok(())
    }

    fn remove_event_listener(&self, event: Coerced<String>, listener: Opt<Value<'js>>) {
        if let Some(listener) = listener.0.and_then(Value::into_function) {
            self.listeners.remove(&event.0, &listener);
        }
    }
}
