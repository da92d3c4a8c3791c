//! `EventSource`.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll};

use plimsoll_metrics::tag;
use plimsoll_net::{CookieJar, Method, Request};
use plimsoll_plan::options::tags::SystemTag;
use rquickjs::class::{Trace, Tracer};
use rquickjs::function::{Opt, This};
use rquickjs::{Class, Coerced, Ctx, Function, JsLifetime, Object, Persistent, Result, Value};
use tokio::time::Instant;

use super::Metrics;
use super::link::{Happening, Link, Ready};
use super::opening::open;
use crate::event_loop::{Delivery, Port, deliver_with};
use crate::exception::{throw_host, throw_type};
use crate::modules::http::identity_of;
use crate::modules::sockets::{Listeners, headers, jar, refuse_in_init};
use crate::modules::state_of;
use crate::octets::{Octets, coerced};
use crate::state::VuState;
use crate::tags;
use crate::web::require_new;

/// The stream behind the object.
#[derive(JsLifetime)]
struct Handle(#[qjs(skip)] Rc<Link>);

/// A stream of events, as scripts see it.
#[derive(JsLifetime)]
#[rquickjs::class]
pub(super) struct EventSource<'js> {
    link: Handle,
    last_id: RefCell<String>,
    listeners: Listeners<'js>,
}

impl<'js> Trace<'js> for EventSource<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.listeners.trace(tracer);
    }
}

/// What the event loop polls. It keeps the object alive while the stream is open.
struct Attached {
    link: Rc<Link>,
    object: Persistent<Class<'static, EventSource<'static>>>,
}

impl Port for Attached {
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let deliver = |happening| {
            let object = self.object.clone();
            deliver_with(move |ctx| EventSource::deliver(ctx, &object.restore(ctx)?, happening))
        };
        self.link.poll_next(cx).map(|happening| happening.map(deliver))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.link.close();
    }
}

impl<'js> EventSource<'js> {
    fn deliver(ctx: &Ctx<'js>, object: &Class<'js, Self>, happening: Happening) -> Result<()> {
        match happening {
            Happening::Opened { status } => {
                Self::emit(ctx, object, "open", |event| event.set("status", status))
            }
            Happening::Event(received) => {
                received.id.clone_into(&mut object.borrow().last_id.borrow_mut());
                let name = if received.name.is_empty() { "message" } else { &received.name };
                Self::emit(ctx, object, name, |event| {
                    event.set("data", received.data)?;
                    event.set("lastEventId", received.id)
                })
            }
            Happening::Ended { error, status } => {
                if let Some(error) = error {
                    Self::emit(ctx, object, "error", |event| {
                        event.set("error", error)?;
                        event.set("status", status)
                    })?;
                }
                Self::emit(ctx, object, "close", |_| Ok(()))
            }
        }
    }

    /// Calls who listens: the property `on…` first.
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
}

/// Reads the arguments of the constructor and begins to connect.
fn connect<'js>(
    ctx: &Ctx<'js>,
    state: &Rc<VuState>,
    url: Option<Value<'js>>,
    params: Option<Value<'js>>,
) -> Result<Link> {
    refuse_in_init(ctx, state, "server-sent events")?;
    let Some(url) = url.filter(|url| !url.is_undefined()) else {
        return Err(throw_host(ctx, "EventSource needs a URL"));
    };
    let target = state.worker.target(&coerced(ctx, url)?);
    let target = target.and_then(|target| target.url.origin().map(drop).map(|()| target));
    let target = target.map_err(|error| throw_host(ctx, &error.to_string()))?;
    let mut request = Request::new(Method::GET, target.url.clone());
    request.headers.set("Accept", "text/event-stream");
    request.headers.set("Cache-Control", "no-store");
    let given = params.filter(|params| !params.is_undefined() && !params.is_null());
    let params = match given.as_ref().map(|params| params.as_object()) {
        None => Object::new(ctx.clone())?,
        Some(Some(params)) => params.clone(),
        Some(None) => return throw_type(ctx, "the parameters of an EventSource must be an object"),
    };
    let jar = read(ctx, &params, &mut request)?.unwrap_or_else(|| Rc::clone(&state.jar.borrow()));
    let mut own = tags::from_value(ctx, state, params.get("tags")?)?;
    let name =
        own.iter().rev().find(|(key, _)| *key == tag::NAME).map_or(target.series_name, |(_, name)| *name);
    for (system, key) in [(SystemTag::Name, tag::NAME), (SystemTag::Url, tag::URL)] {
        if state.tags.borrow().sets(system) {
            own.push((key, name));
        }
    }
    request.local = state.local_address();
    let worker = &state.worker;
    let opening = open(worker.net.clone(), request, jar, worker.script.max_redirects);
    Ok(Link::new(state, Metrics::declare(ctx, state)?, target, own, Box::pin(opening)))
}

/// Headers, method, body, and the id of the last event that is known; gives the jar, if one is given.
fn read<'js>(
    ctx: &Ctx<'js>,
    params: &Object<'js>,
    request: &mut Request,
) -> Result<Option<Rc<RefCell<CookieJar>>>> {
    let get = |name: &str| -> Result<Option<Value<'js>>> {
        let value: Value<'js> = params.get(name)?;
        Ok(Some(value).filter(|value| !value.is_undefined() && !value.is_null()))
    };
    if let Some(given) = get("headers")? {
        for (name, value) in headers(ctx, &given)?.iter() {
            request.headers.set(name, value);
        }
    }
    if let Some(method) = get("method")? {
        request.method = Method::from(coerced(ctx, method)?.as_str());
    }
    if let Some(body) = get("body")? {
        let body = Octets::of(ctx, "the body of an EventSource", Some(&body))?;
        request.body = Some(body.as_slice().to_vec().into());
    }
    if let Some(id) = get("lastEventId")? {
        request.headers.set("Last-Event-ID", &coerced(ctx, id)?);
    }
    request.identity = get("tls")?.map(|given| identity_of(ctx, &state_of(ctx), &given)).transpose()?;
    get("jar")?.map(|given| jar(ctx, &given)).transpose()
}

#[rquickjs::methods(rename_all = "camelCase")]
impl<'js> EventSource<'js> {
    #[qjs(constructor)]
    fn new(
        ctx: Ctx<'js>,
        class: This<Value<'js>>,
        url: Opt<Value<'js>>,
        params: Opt<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        require_new(&ctx, &class, "EventSource")?;
        let state = state_of(&ctx);
        let link = Rc::new(connect(&ctx, &state, url.0, params.0)?);
        let handle = Handle(Rc::clone(&link));
        let source =
            EventSource { link: handle, last_id: RefCell::default(), listeners: Listeners::default() };
        let object = Class::instance(ctx.clone(), source)?;
        state.event_loop.attach(Rc::new(Attached { link, object: Persistent::save(&ctx, object.clone()) }));
        Ok(object)
    }

    #[qjs(get)]
    fn url(&self) -> String {
        self.link.0.target.url.as_str().to_owned()
    }

    #[qjs(get)]
    fn ready_state(&self) -> i32 {
        match self.link.0.ready() {
            Ready::Connecting => 0,
            Ready::Open => 1,
            Ready::Closed => 2,
        }
    }

    /// The id of the last event, for whoever wants to go on from there.
    #[qjs(get)]
    fn last_event_id(&self) -> String {
        self.last_id.borrow().clone()
    }

    fn close(&self) {
        self.link.0.close();
    }

    fn add_event_listener(
        &self,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        listener: Opt<Value<'js>>,
        options: Opt<Value<'js>>,
    ) -> Result<()> {
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
