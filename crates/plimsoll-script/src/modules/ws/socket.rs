//! `Socket`: one connection with its handlers and its timers, and the loop that serves them.
#![expect(clippy::needless_pass_by_value, reason = "the engine hands a function its arguments for good")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use plimsoll_metrics::builtin;
use plimsoll_net::websocket::{Event, WebSocket, WebSocketError};
use rquickjs::class::{Trace, Tracer};
use rquickjs::function::Opt;
use rquickjs::{Class, Coerced, Ctx, Function, JsLifetime, Object, Result, Value};
use tokio::time::Instant;

use crate::exception::throw_host;
use crate::modules::sockets::{Listeners, Pings, Session, buffer, close_text};
use crate::octets::{Octets, text_of};
use crate::state::{Interrupted, VuState};

/// What `close()` says when it is not told.
const GOING_AWAY: u16 = 1001;
/// How long the server's part of the closing handshake is waited for, so that it sees an orderly end.
const LINGER: Duration = Duration::from_millis(250);
/// Timers longer than this never come.
const LONGEST: f64 = 1e11;

/// The connection, as far as it is no JavaScript.
struct Link {
    state: Rc<VuState>,
    session: Session,
    opened_at: Instant,
    connection: RefCell<WebSocket>,
    pings: RefCell<Pings>,
    closed: Cell<bool>,
}

#[derive(JsLifetime)]
struct Handle(#[qjs(skip)] Rc<Link>);

/// What the functions of a script work on.
#[derive(JsLifetime)]
#[rquickjs::class]
pub(super) struct Socket<'js> {
    link: Handle,
    listeners: Listeners<'js>,
    timers: RefCell<Vec<Timer<'js>>>,
}

#[derive(JsLifetime)]
struct Timer<'js> {
    #[qjs(skip)]
    due: Instant,
    /// For those that come again.
    #[qjs(skip)]
    period: Option<Duration>,
    function: Function<'js>,
}

impl<'js> Trace<'js> for Socket<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        self.listeners.trace(tracer);
        let timers = self.timers.try_borrow();
        timers.iter().flat_map(|timers| timers.iter()).for_each(|timer| timer.function.trace(tracer));
    }
}

/// What the loop waited for.
enum Turn {
    Event(std::result::Result<Event, WebSocketError>),
    Due,
}

impl<'js> Socket<'js> {
    pub(super) fn new(state: &Rc<VuState>, session: Session, connection: WebSocket) -> Self {
        let link = Link {
            state: Rc::clone(state),
            session,
            opened_at: Instant::now(),
            connection: RefCell::new(connection),
            pings: RefCell::default(),
            closed: Cell::new(false),
        };
        Socket { link: Handle(Rc::new(link)), listeners: Listeners::default(), timers: RefCell::default() }
    }

    /// Calls the script's function with the socket, and serves the connection until it has ended.
    pub(super) fn live(self, ctx: &Ctx<'js>, callback: &Function<'js>) -> Result<()> {
        let link = Rc::clone(&self.link.0);
        let socket = Class::instance(ctx.clone(), self)?;
        let served = callback.call::<_, Value<'js>>((socket.clone(),)).and_then(|_| {
            let socket = socket.borrow();
            socket.emit("open", ())?;
            while !link.closed.get() {
                socket.turn(ctx)?;
            }
            Ok(())
        });
        // Functions that refer to the socket would keep it.
        socket.borrow().forget();
        link.end(served.is_ok());
        served
    }

    /// Waits for one event or one timer, and handles it.
    fn turn(&self, ctx: &Ctx<'js>) -> Result<()> {
        let due = self.timers.borrow().iter().map(|timer| timer.due).min();
        let waited = {
            let mut connection = self.link.0.connection.borrow_mut();
            self.link.0.state.wait_idly(async {
                let Some(due) = due else { return Turn::Event(connection.next().await) };
                tokio::select! {
                    event = connection.next() => Turn::Event(event),
                    () = tokio::time::sleep_until(due) => Turn::Due,
                }
            })
        };
        match waited.map_err(|Interrupted| Interrupted::throw(ctx))? {
            Turn::Due => self.fire(due),
            Turn::Event(Ok(event)) => self.receive(ctx, event),
            Turn::Event(Err(error)) => {
                let code = if error == WebSocketError::Eof { 1006 } else { GOING_AWAY };
                self.report(ctx, &error.to_string())?;
                self.finish(code)
            }
        }
    }

    fn receive(&self, ctx: &Ctx<'js>, event: Event) -> Result<()> {
        let link = &self.link.0;
        match event {
            Event::Text(text) => {
                link.session.record(builtin::WS_MSGS_RECEIVED, 1.0);
                if self.listeners.hears("message") { self.emit("message", (text,)) } else { Ok(()) }
            }
            Event::Binary(bytes) => {
                link.session.record(builtin::WS_MSGS_RECEIVED, 1.0);
                if !self.listeners.hears("binaryMessage") {
                    return Ok(());
                }
                self.emit("binaryMessage", (buffer(ctx, &link.state, &bytes)?,))
            }
            Event::Ping(_) => self.emit("ping", ()),
            Event::Pong(payload) => {
                if let Some(sent) = link.pings.borrow_mut().answered(&payload) {
                    let came = link.connection.borrow().arrived_at();
                    link.session.record_between(builtin::WS_PING, sent, came);
                }
                self.emit("pong", ())
            }
            Event::Close { code, reason } => {
                let code = code.unwrap_or(1005);
                if !matches!(code, 1000 | 1001) {
                    self.report(ctx, &close_text(code, &reason))?;
                }
                self.finish(code)
            }
        }
    }

    /// Fires the event `error`.
    fn report(&self, ctx: &Ctx<'js>, message: &str) -> Result<()> {
        if !self.listeners.hears("error") {
            return Ok(());
        }
        let error = Object::new(ctx.clone())?;
        let text = message.to_owned();
        error.set("error", Function::new(ctx.clone(), move || text.clone())?.with_name("error")?)?;
        self.emit("error", (error,))
    }

    /// The connection has ended, or is about to: the event `close`, once.
    fn finish(&self, code: u16) -> Result<()> {
        if self.link.0.closed.replace(true) {
            return Ok(());
        }
        self.emit("close", (code,))
    }

    fn emit<A: rquickjs::function::IntoArgs<'js> + Clone>(&self, event: &str, arguments: A) -> Result<()> {
        for function in self.listeners.take(event) {
            function.call::<_, Value<'js>>(arguments.clone())?;
        }
        Ok(())
    }

    /// Runs the timer that is due first.
    fn fire(&self, due: Option<Instant>) -> Result<()> {
        let mut timers = self.timers.borrow_mut();
        let Some(at) = timers.iter().position(|timer| Some(timer.due) == due) else { return Ok(()) };
        let function = timers[at].function.clone();
        match timers[at].period {
            Some(period) => timers[at].due = Instant::now() + period,
            None => drop(timers.remove(at)),
        }
        drop(timers);
        function.call::<_, Value<'js>>(()).map(drop)
    }

    fn add_timer(
        &self,
        ctx: &Ctx<'js>,
        what: &str,
        function: Option<Value<'js>>,
        delay: Option<Value<'js>>,
    ) -> Result<()> {
        let Some(function) = function.and_then(Value::into_function) else {
            return Err(throw_host(ctx, &format!("{what} requires a function as its first argument")));
        };
        let delay = delay.map(|delay| delay.get::<Coerced<f64>>()).transpose()?.map_or(f64::NAN, |ms| ms.0);
        if delay.is_nan() || delay <= 0.0 {
            let message = format!("{what} requires a >0 timeout parameter, received {delay:.2}");
            return Err(throw_host(ctx, &message));
        }
        let delay = Duration::from_secs_f64(delay.min(LONGEST) / 1e3);
        let period = (what == "setInterval").then_some(delay);
        self.timers.borrow_mut().push(Timer { due: Instant::now() + delay, period, function });
        Ok(())
    }

    fn forget(&self) {
        let timers = self.timers.take();
        drop(timers);
        self.listeners.clear();
    }
}

/// The events that `on` takes.
const EVENTS: [&str; 7] = ["open", "message", "binaryMessage", "ping", "pong", "close", "error"];

impl Link {
    /// Sends a message, if the connection is still open.
    fn send(&self, ctx: &Ctx<'_>, send: impl FnOnce(&mut WebSocket)) -> Result<()> {
        if self.closed.get() {
            return Err(throw_host(ctx, "websocket: close sent"));
        }
        send(&mut self.connection.borrow_mut());
        self.session.record(builtin::WS_MSGS_SENT, 1.0);
        Ok(())
    }

    /// Records how long it lived, unless it was cut off, and lets the server see the end.
    fn end(&self, completed: bool) {
        let mut connection = self.connection.borrow_mut();
        if completed {
            self.session.record_since(builtin::WS_SESSION_DURATION, self.opened_at);
            // Interrupted or not, the connection ends here.
            let _ = self.state.wait(tokio::time::timeout(LINGER, connection.linger()));
        } else {
            connection.close(Some(GOING_AWAY), "");
        }
        self.state.count(connection.take_traffic());
    }
}

#[rquickjs::methods]
impl<'js> Socket<'js> {
    fn on(&self, ctx: Ctx<'js>, event: Coerced<String>, handler: Opt<Value<'js>>) -> Result<()> {
        let Some(handler) = handler.0.and_then(Value::into_function) else {
            let message = format!("the handler of the event {:?} must be a function", event.0);
            return Err(throw_host(&ctx, &message));
        };
        if EVENTS.contains(&event.0.as_str()) {
            self.listeners.add(&event.0, handler, false);
        }
        Ok(())
    }

    fn send(&self, ctx: Ctx<'js>, message: Opt<Value<'js>>) -> Result<()> {
        let message = message.0.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
        let text = match message.as_string() {
            Some(text) => text_of(text)?,
            None => message.get::<Coerced<String>>()?.0,
        };
        self.link.0.send(&ctx, |connection| connection.send_text(&text))
    }

    #[qjs(rename = "sendBinary")]
    fn send_binary(&self, ctx: Ctx<'js>, message: Opt<Value<'js>>) -> Result<()> {
        let given = message.0.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
        let Some(octets) = Octets::of_buffer(&ctx, &given) else {
            let message = format!("expected ArrayBuffer as argument, received: {}", given.type_name());
            return Err(throw_host(&ctx, &message));
        };
        self.link.0.send(&ctx, |connection| connection.send_binary(octets.as_slice()))
    }

    fn ping(&self, ctx: Ctx<'js>) -> Result<()> {
        if self.link.0.closed.get() {
            return Err(throw_host(&ctx, "websocket: close sent"));
        }
        let payload = self.link.0.pings.borrow_mut().next();
        self.link.0.connection.borrow_mut().ping(payload.as_bytes());
        Ok(())
    }

    #[qjs(rename = "setTimeout")]
    fn set_timeout(&self, ctx: Ctx<'js>, handler: Opt<Value<'js>>, delay: Opt<Value<'js>>) -> Result<()> {
        self.add_timer(&ctx, "setTimeout", handler.0, delay.0)
    }

    #[qjs(rename = "setInterval")]
    fn set_interval(&self, ctx: Ctx<'js>, handler: Opt<Value<'js>>, delay: Opt<Value<'js>>) -> Result<()> {
        self.add_timer(&ctx, "setInterval", handler.0, delay.0)
    }

    fn close(&self, ctx: Ctx<'js>, code: Opt<Value<'js>>) -> Result<()> {
        let code = code.0.filter(|code| !code.is_undefined());
        let code = code.map(|code| code.get::<Coerced<f64>>()).transpose()?;
        let code = code.map_or(f64::from(GOING_AWAY), |code| code.0);
        if code.fract() != 0.0 || !(1000.0..=4999.0).contains(&code) {
            let message = format!("invalid close code {code}: expected a number from 1000 to 4999");
            return Err(throw_host(&ctx, &message));
        }
        if self.link.0.closed.get() {
            return Ok(());
        }
        self.link.0.connection.borrow_mut().close(Some(code as u16), "");
        self.finish(code as u16)
    }
}
