//! The event loop of one VU: promise jobs, timers, work done elsewhere, sockets, and rejections that nobody
//! handled.
//!
//! As in k6 the loop is drained after the iteration's function has returned: the iteration ends when no job,
//! no timer, no work and no open socket is left.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use plimsoll_engine::ScriptError;
use rquickjs::function::{Opt, Rest};
use rquickjs::{Ctx, Error, Function, Persistent, Promise, Result, Value};
use tokio::time::Instant;

use crate::state::{Interrupted, VuState};
use crate::{exception, quickjs};

/// Jobs run in a row before the loop looks at the interrupt: a promise chain without end must be stoppable.
const JOBS_PER_TURN: usize = 1_000;
/// Longer delays are cut to this, about 24 days, which is also what browsers do with their 32-bit
/// milliseconds.
const MAX_DELAY_MS: f64 = i32::MAX as f64;

/// What a promise is settled with, made when work that was done elsewhere has ended.
pub(crate) type Settle = Box<dyn for<'js> FnOnce(&Ctx<'js>) -> Result<Value<'js>>>;

/// What settles a promise.
pub(crate) fn settle_with(make: impl for<'js> FnOnce(&Ctx<'js>) -> Result<Value<'js>> + 'static) -> Settle {
    Box::new(make)
}

/// Something that brings events until it has ended, such as a socket. The loop, and so the iteration, goes on
/// as long as it is attached.
pub(crate) trait Port {
    /// The next event; `None` when there will be no other.
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Delivery>>;
}

/// Hands an event to the script.
pub(crate) type Delivery = Box<dyn for<'js> FnOnce(&Ctx<'js>) -> Result<()>>;

/// What hands an event to the script.
pub(crate) fn deliver_with(deliver: impl for<'js> FnOnce(&Ctx<'js>) -> Result<()> + 'static) -> Delivery {
    Box::new(deliver)
}

/// The timers of one VU, the work that its promises wait for, and its unhandled rejections.
#[derive(Default)]
pub(crate) struct EventLoop {
    next_id: Cell<u32>,
    timers: RefCell<BTreeMap<(Instant, u32), Timer>>,
    works: RefCell<Vec<Work>>,
    ports: RefCell<Vec<Rc<dyn Port>>>,
    /// Who is asked first the next time, so that a busy socket does not silence the others.
    first_port: Cell<usize>,
    rejections: RefCell<Vec<Rejection>>,
    /// Whether the job that runs is an `import()` that has found its module.
    importing: Cell<bool>,
}

struct Timer {
    callback: Persistent<Function<'static>>,
    arguments: Vec<Persistent<Value<'static>>>,
    /// `Some` for `setInterval`.
    period: Option<Duration>,
}

/// Work done elsewhere, and the functions that settle its promise.
struct Work {
    progress: Progress,
    resolve: Persistent<Function<'static>>,
    reject: Persistent<Function<'static>>,
}

/// How far a work is.
enum Progress {
    Running(Pin<Box<dyn Future<Output = Settle>>>),
    Done(Settle),
}

/// What the loop waited for.
enum Event {
    Due(Instant),
    Done(Work),
    Arrived(Delivery),
    /// A port has ended.
    Ended,
}

struct Rejection {
    promise: Persistent<Value<'static>>,
    error: ScriptError,
}

impl EventLoop {
    /// Notes a promise that was rejected without a handler, or one that got its handler later.
    pub(crate) fn track_rejection<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: &Value<'js>,
        handled: bool,
    ) {
        // A module that throws rejects a promise of the engine's own, which nobody can see; the importer
        // hears of it by another one. What a script rejects meanwhile, it rejects from a frame of its own.
        if !handled && self.importing.get() && ctx.script_or_module_name(0).is_none() {
            return;
        }
        let promise = Persistent::save(ctx, promise);
        if handled {
            self.rejections.borrow_mut().retain(|rejection| rejection.promise != promise);
        } else {
            self.rejections.borrow_mut().push(Rejection { promise, error: exception::of_value(reason) });
        }
    }

    /// Says whether the `import()` that is being looked at has found its module.
    pub(crate) fn set_importing(&self, found: bool) {
        self.importing.set(found);
    }

    /// Forgets the rejections of an error that somebody gets in another way.
    pub(crate) fn forget_rejections(&self, reason: &ScriptError) {
        self.rejections.borrow_mut().retain(|rejection| rejection.error != *reason);
    }

    /// A promise that is settled when the future has ended. The loop, and so the iteration, waits for it.
    pub(crate) fn promise<'js>(
        &self,
        ctx: &Ctx<'js>,
        future: impl Future<Output = Settle> + 'static,
    ) -> Result<Promise<'js>> {
        let (promise, resolve, reject) = ctx.promise()?;
        let (resolve, reject) = (Persistent::save(ctx, resolve), Persistent::save(ctx, reject));
        let progress = Progress::Running(Box::pin(future));
        self.works.borrow_mut().push(Work { progress, resolve, reject });
        Ok(promise)
    }

    /// Adds something that brings events.
    pub(crate) fn attach(&self, port: Rc<dyn Port>) {
        self.ports.borrow_mut().push(port);
    }

    /// Runs jobs, timers and what waits for work or events until none is left.
    ///
    /// # Errors
    /// The exception of a timer's callback, or the first rejection that nobody handled.
    pub(crate) fn run<'js>(
        &self,
        ctx: &Ctx<'js>,
        state: &VuState,
    ) -> Result<std::result::Result<(), ScriptError>> {
        loop {
            run_jobs(ctx, state)?;
            if let Some(rejection) = self.rejections.borrow_mut().drain(..).next() {
                return Ok(Err(rejection.error));
            }
            let due = self.timers.borrow().keys().next().map(|(due, _)| *due);
            if due.is_none() && self.works.borrow().is_empty() && self.ports.borrow().is_empty() {
                return Ok(Ok(()));
            }
            // Sockets are often idle for long, and there may be thousands of users with one each.
            let has_ports = !self.ports.borrow().is_empty();
            let next = self.next(due);
            match if has_ports { state.wait_idly(next) } else { state.wait(next) } {
                Ok(Event::Due(due)) => self.fire(ctx, due)?,
                Ok(Event::Done(work)) => work.settle(ctx)?,
                Ok(Event::Arrived(deliver)) => deliver(ctx)?,
                Ok(Event::Ended) => {}
                Err(Interrupted) => return Err(Interrupted::throw(ctx)),
            }
        }
    }

    /// Waits for the first work that ends, for an event, or for the next timer.
    async fn next(&self, due: Option<Instant>) -> Event {
        let done = poll_fn(|cx| match self.poll_ports(cx) {
            Poll::Ready(event) => Poll::Ready(event),
            Poll::Pending => self.poll_done(),
        });
        let Some(due) = due else { return done.await };
        tokio::select! {
            event = done => event,
            () = tokio::time::sleep_until(due) => Event::Due(due),
        }
    }

    fn poll_ports(&self, cx: &mut Context<'_>) -> Poll<Event> {
        let ports = self.ports.borrow();
        let count = ports.len();
        for at in (0..count).map(|step| (self.first_port.get() + step) % count) {
            match ports[at].poll_next(cx) {
                Poll::Pending => {}
                Poll::Ready(Some(delivery)) => {
                    self.first_port.set(at + 1);
                    return Poll::Ready(Event::Arrived(delivery));
                }
                Poll::Ready(None) => {
                    drop(ports);
                    let ended = self.ports.borrow_mut().swap_remove(at);
                    // It may hold values of the script, whose end must not find the list borrowed.
                    drop(ended);
                    return Poll::Ready(Event::Ended);
                }
            }
        }
        Poll::Pending
    }

    /// Lets all work go on. Every wait of the VU does, so that a request that a promise waits for is under
    /// way while the script sleeps or waits for another.
    pub(crate) fn drive(&self, cx: &mut Context<'_>) {
        for work in &mut *self.works.borrow_mut() {
            if let Progress::Running(future) = &mut work.progress
                && let Poll::Ready(settle) = future.as_mut().poll(cx)
            {
                work.progress = Progress::Done(settle);
            }
        }
    }

    /// The first work that is done; the wait has driven them all.
    fn poll_done(&self) -> Poll<Event> {
        let mut works = self.works.borrow_mut();
        let done = works.iter().position(|work| matches!(work.progress, Progress::Done(_)));
        done.map_or(Poll::Pending, |at| Poll::Ready(Event::Done(works.remove(at))))
    }

    /// Whether there is nothing to run: no job, no timer, no work, no rejection.
    pub(crate) fn is_idle(&self, ctx: &Ctx<'_>) -> bool {
        self.timers.borrow().is_empty()
            && self.works.borrow().is_empty()
            && self.ports.borrow().is_empty()
            && self.rejections.borrow().is_empty()
            && !quickjs::is_job_pending(ctx)
    }

    /// Forgets everything: what the last iteration left behind must not reach into the next.
    pub(crate) fn clear(&self) {
        self.timers.borrow_mut().clear();
        self.works.borrow_mut().clear();
        let ports = self.ports.take();
        drop(ports);
        self.rejections.borrow_mut().clear();
    }

    fn fire(&self, ctx: &Ctx<'_>, now: Instant) -> Result<()> {
        let Some(((due, id), timer)) = self.timers.borrow_mut().pop_first() else { return Ok(()) };
        debug_assert!(due <= now, "the first timer was waited for");
        let callback = timer.callback.clone().restore(ctx)?;
        let mut arguments = rquickjs::function::Args::new(ctx.clone(), timer.arguments.len());
        for argument in &timer.arguments {
            arguments.push_arg(argument.clone().restore(ctx)?)?;
        }
        if let Some(period) = timer.period {
            self.timers.borrow_mut().insert((now + period, id), timer);
        }
        callback.call_arg(arguments)
    }

    fn add<'js>(
        &self,
        ctx: &Ctx<'js>,
        callback: Function<'js>,
        delay: Option<f64>,
        arguments: Rest<Value<'js>>,
        repeat: bool,
    ) -> u32 {
        let delay = delay.filter(|ms| *ms > 0.0).unwrap_or(0.0).min(MAX_DELAY_MS);
        let delay = Duration::from_secs_f64(delay / 1e3);
        let id = self.next_id.get() + 1;
        self.next_id.set(id);
        let timer = Timer {
            callback: Persistent::save(ctx, callback),
            arguments: arguments.0.into_iter().map(|value| Persistent::save(ctx, value)).collect(),
            period: repeat.then_some(delay),
        };
        self.timers.borrow_mut().insert((Instant::now() + delay, id), timer);
        id
    }

    fn remove(&self, id: u32) {
        self.timers.borrow_mut().retain(|(_, timer), _| *timer != id);
    }
}

impl Work {
    fn settle(self, ctx: &Ctx<'_>) -> Result<()> {
        let Progress::Done(settle) = self.progress else { return Ok(()) };
        match settle(ctx) {
            Ok(value) => self.resolve.restore(ctx)?.call((value,)),
            Err(Error::Exception) => self.reject.restore(ctx)?.call((ctx.catch(),)),
            Err(error) => Err(error),
        }
    }
}

fn run_jobs(ctx: &Ctx<'_>, state: &VuState) -> Result<()> {
    loop {
        for _ in 0..JOBS_PER_TURN {
            state.event_loop.set_importing(false);
            let ran = ctx.execute_pending_job();
            // A job's own exceptions become rejections; what is left pending is an interruption, or memory
            // that does not suffice for the rejection.
            if ctx.has_exception() {
                return Err(Error::Exception);
            }
            if !ran {
                return Ok(());
            }
        }
        if state.is_interrupted() {
            return Err(Interrupted::throw(ctx));
        }
        crate::fiber::preempt_if_due();
    }
}

/// The functions of timers, which are globals and the exports of `k6/timers`.
pub(crate) const FUNCTIONS: &[&str] = &["setTimeout", "clearTimeout", "setInterval", "clearInterval"];

/// Makes one of [`FUNCTIONS`].
pub(crate) fn make<'js>(ctx: &Ctx<'js>, state: &Rc<VuState>, name: &str) -> Result<Value<'js>> {
    let state = Rc::clone(state);
    let function = if name.starts_with("set") {
        let repeat = name == "setInterval";
        let set =
            move |ctx: Ctx<'js>, callback: Function<'js>, delay: Opt<f64>, arguments: Rest<Value<'js>>| {
                state.event_loop.add(&ctx, callback, delay.0, arguments, repeat)
            };
        Function::new(ctx.clone(), set)
    } else {
        let clear = move |id: Opt<Value<'js>>| {
            if let Some(id) = id.0.and_then(|id| id.as_number()) {
                state.event_loop.remove(id as u32);
            }
        };
        Function::new(ctx.clone(), clear)
    };
    Ok(function?.with_name(name)?.into_value())
}
