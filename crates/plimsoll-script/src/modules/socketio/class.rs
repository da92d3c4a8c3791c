//! `Socket`.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use plimsoll_net::engineio::packet::Kind;
use rquickjs::class::{Trace, Tracer};
use rquickjs::function::{Opt, Rest, This};
use rquickjs::{Class, Coerced, Ctx, Function, JsLifetime, Persistent, Promise, Result, Value};
use tokio::time::Instant;

use super::acknowledgements::{Acknowledgements, Answer, Waiting};
use super::link::Link;
use super::{packets, payload};
use crate::event_loop::{Delivery, Port, deliver_with};
use crate::exception::throw_host;
use crate::modules::sockets::Listeners;

/// Events of the socket itself, which a script cannot emit.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
/// Under this name are the functions that hear everything; no event is called so.
const ANY: &str = "\0any";

/// The connection behind the object.
#[derive(JsLifetime)]
struct Handle(#[qjs(skip)] Rc<Link>);

/// A socket, as scripts see it.
#[derive(JsLifetime)]
#[rquickjs::class]
pub(super) struct Socket<'js> {
    link: Handle,
    pub(super) auth: Option<Value<'js>>,
    pub(super) listeners: Listeners<'js>,
    pub(super) acknowledgements: Acknowledgements<'js>,
}

impl<'js> Trace<'js> for Socket<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.auth.trace(tracer);
        self.listeners.trace(tracer);
        self.acknowledgements.trace(tracer);
    }
}

/// What the event loop polls. It keeps the object alive while the connection is.
struct Attached {
    link: Rc<Link>,
    object: Persistent<Class<'static, Socket<'static>>>,
}

impl Port for Attached {
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let deliver = |happening| {
            let object = self.object.clone();
            deliver_with(move |ctx| packets::deliver(ctx, &object.restore(ctx)?, happening))
        };
        self.link.poll_next(cx).map(|happening| happening.map(deliver))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.link.abandon();
    }
}

impl<'js> Socket<'js> {
    pub(super) fn new(link: Rc<Link>, auth: Option<Value<'js>>) -> Self {
        let (listeners, acknowledgements) = (Listeners::default(), Acknowledgements::default());
        Socket { link: Handle(link), auth, listeners, acknowledgements }
    }

    pub(super) fn link(&self) -> &Rc<Link> {
        &self.link.0
    }

    /// Who hears every event.
    pub(super) fn any_listeners(&self) -> Vec<Function<'js>> {
        self.listeners.take(ANY)
    }

    /// Begins to connect, unless it does so already.
    pub(super) fn connect_now(ctx: &Ctx<'js>, socket: &Class<'js, Self>) -> Result<()> {
        let link = Rc::clone(socket.borrow().link());
        if link.is_active() {
            return Ok(());
        }
        link.open();
        if !link.attached.replace(true) {
            let object = Persistent::save(ctx, socket.clone());
            let state = Rc::clone(&link.state);
            state.event_loop.attach(Rc::new(Attached { link, object }));
        }
        Ok(())
    }

    /// Sends an event. The last argument may be a function that takes the server's answer.
    fn emit_with(
        &self,
        ctx: &Ctx<'js>,
        event: &str,
        mut values: Vec<Value<'js>>,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let callback = values.pop_if(|value| value.is_function()).and_then(Value::into_function);
        let answer = callback.map(|callback| match timeout {
            Some(_) => Answer::Fallible(callback),
            None => Answer::Callback(callback),
        });
        self.send(ctx, event, values, answer, timeout)
    }

    /// Sends an event; the promise has the server's answer.
    fn emit_promise(
        &self,
        ctx: &Ctx<'js>,
        event: &str,
        values: Vec<Value<'js>>,
        timeout: Option<Duration>,
    ) -> Result<Promise<'js>> {
        let (promise, resolve, reject) = ctx.promise()?;
        self.send(ctx, event, values, Some(Answer::Promise(resolve, reject)), timeout)?;
        Ok(promise)
    }

    fn send(
        &self,
        ctx: &Ctx<'js>,
        event: &str,
        values: Vec<Value<'js>>,
        answer: Option<Answer<'js>>,
        timeout: Option<Duration>,
    ) -> Result<()> {
        if RESERVED.contains(&event) {
            return Err(throw_host(ctx, &format!("\"{event}\" is a reserved event name")));
        }
        let name = rquickjs::String::from_str(ctx.clone(), event)?.into_value();
        let values: Vec<Value<'js>> = std::iter::once(name).chain(values).collect();
        let (json, attachments) = payload::encode(ctx, &values)?;
        let kind = if attachments.is_empty() { Kind::Event } else { Kind::BinaryEvent };
        let id = answer.is_some().then(|| self.link.0.ack_id());
        self.link.0.send(kind, id, json, attachments);
        if let (Some(id), Some(answer)) = (id, answer) {
            let sent_at = Instant::now();
            let deadline = timeout.map(|timeout| sent_at + timeout);
            self.acknowledgements.add(Waiting { id, event: event.to_owned(), sent_at, deadline, answer });
            self.link.0.set_ack_timer(self.acknowledgements.next_deadline());
        }
        Ok(())
    }
}

fn listener<'js>(ctx: &Ctx<'js>, event: &str, listener: Option<Value<'js>>) -> Result<Function<'js>> {
    listener
        .and_then(Value::into_function)
        .ok_or_else(|| throw_host(ctx, &format!("the listener of the event {event:?} must be a function")))
}

type ThisSocket<'js> = This<Class<'js, Socket<'js>>>;

#[rquickjs::methods(rename_all = "camelCase")]
impl<'js> Socket<'js> {
    #[qjs(get)]
    fn id(&self) -> Option<String> {
        self.link.0.id.borrow().clone()
    }

    #[qjs(get)]
    fn connected(&self) -> bool {
        self.link.0.is_connected()
    }

    #[qjs(get)]
    fn disconnected(&self) -> bool {
        !self.link.0.is_connected()
    }

    #[qjs(get)]
    fn active(&self) -> bool {
        self.link.0.is_active()
    }

    /// What carries the packets now, which in the official client is `socket.io.engine.transport.name`.
    #[qjs(get)]
    fn transport(&self) -> Option<&'static str> {
        self.link.0.transport().map(plimsoll_net::engineio::Transport::as_str)
    }

    fn on(
        this: ThisSocket<'js>,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        function: Opt<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        this.borrow().listeners.add(&event.0, listener(&ctx, &event.0, function.0)?, false);
        Ok(this.0)
    }

    fn once(
        this: ThisSocket<'js>,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        function: Opt<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        this.borrow().listeners.add(&event.0, listener(&ctx, &event.0, function.0)?, true);
        Ok(this.0)
    }

    fn off(
        this: ThisSocket<'js>,
        event: Opt<Coerced<String>>,
        function: Opt<Function<'js>>,
    ) -> Class<'js, Self> {
        match (event.0, function.0) {
            (None, _) => this.borrow().listeners.clear(),
            (Some(event), None) => this.borrow().listeners.remove_all(&event.0),
            (Some(event), Some(function)) => this.borrow().listeners.remove(&event.0, &function),
        }
        this.0
    }

    fn on_any(this: ThisSocket<'js>, ctx: Ctx<'js>, function: Opt<Value<'js>>) -> Result<Class<'js, Self>> {
        this.borrow().listeners.add(ANY, listener(&ctx, "any", function.0)?, false);
        Ok(this.0)
    }

    fn off_any(this: ThisSocket<'js>, function: Opt<Function<'js>>) -> Class<'js, Self> {
        match function.0 {
            None => this.borrow().listeners.remove_all(ANY),
            Some(function) => this.borrow().listeners.remove(ANY, &function),
        }
        this.0
    }

    fn emit(
        this: ThisSocket<'js>,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        values: Rest<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        this.borrow().emit_with(&ctx, &event.0, values.0, None)?;
        Ok(this.0)
    }

    #[qjs(rename = "send")]
    fn send_message(
        this: ThisSocket<'js>,
        ctx: Ctx<'js>,
        values: Rest<Value<'js>>,
    ) -> Result<Class<'js, Self>> {
        this.borrow().emit_with(&ctx, "message", values.0, None)?;
        Ok(this.0)
    }

    fn emit_with_ack(
        &self,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        values: Rest<Value<'js>>,
    ) -> Result<Promise<'js>> {
        self.emit_promise(&ctx, &event.0, values.0, None)
    }

    fn timeout(this: ThisSocket<'js>, ctx: Ctx<'js>, ms: Coerced<f64>) -> Result<Class<'js, Timed<'js>>> {
        let timeout = Duration::try_from_secs_f64(ms.0 / 1e3);
        let message = "timeout() needs a number of milliseconds, 0 or more";
        let timeout = timeout.map_err(|_| throw_host(&ctx, message))?;
        Class::instance(ctx, Timed { socket: this.0, timeout })
    }

    fn connect(this: ThisSocket<'js>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        Self::connect_now(&ctx, &this.0)?;
        Ok(this.0)
    }

    fn disconnect(this: ThisSocket<'js>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        let link = Rc::clone(this.borrow().link());
        if link.close() {
            packets::disconnected(&ctx, &this.0, "io client disconnect", None)?;
        }
        Ok(this.0)
    }

    fn close(this: ThisSocket<'js>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        Self::disconnect(this, ctx)
    }
}

/// A socket whose next acknowledgement has a limit of time.
#[derive(JsLifetime)]
#[rquickjs::class]
pub(super) struct Timed<'js> {
    socket: Class<'js, Socket<'js>>,
    timeout: Duration,
}

impl<'js> Trace<'js> for Timed<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.socket.trace(tracer);
    }
}

#[rquickjs::methods(rename_all = "camelCase")]
impl<'js> Timed<'js> {
    fn emit(
        &self,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        values: Rest<Value<'js>>,
    ) -> Result<Class<'js, Socket<'js>>> {
        self.socket.borrow().emit_with(&ctx, &event.0, values.0, Some(self.timeout))?;
        Ok(self.socket.clone())
    }

    fn emit_with_ack(
        &self,
        ctx: Ctx<'js>,
        event: Coerced<String>,
        values: Rest<Value<'js>>,
    ) -> Result<Promise<'js>> {
        self.socket.borrow().emit_promise(&ctx, &event.0, values.0, Some(self.timeout))
    }
}
