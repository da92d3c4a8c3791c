//! The event loop of one VU: promise jobs, timers, and rejections that nobody handled.
//!
//! As in k6 the loop is drained after the iteration's function has returned: the iteration ends when no job
//! and no timer is left.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use plimsoll_engine::ScriptError;
use rquickjs::function::{Opt, Rest};
use rquickjs::{Ctx, Function, Persistent, Result, Value};
use tokio::time::Instant;

use crate::state::{Interrupted, VuState};
use crate::{exception, quickjs};

/// Jobs run in a row before the loop looks at the interrupt: a promise chain without end must be stoppable.
const JOBS_PER_TURN: usize = 1_000;
/// Longer delays are cut to this, about 24 days, which is also what browsers do with their 32-bit
/// milliseconds.
const MAX_DELAY_MS: f64 = i32::MAX as f64;

/// The timers of one VU, and its unhandled rejections.
#[derive(Default)]
pub(crate) struct EventLoop {
    next_id: Cell<u32>,
    timers: RefCell<BTreeMap<(Instant, u32), Timer>>,
    rejections: RefCell<Vec<Rejection>>,
}

struct Timer {
    callback: Persistent<Function<'static>>,
    arguments: Vec<Persistent<Value<'static>>>,
    /// `Some` for `setInterval`.
    period: Option<Duration>,
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
        let promise = Persistent::save(ctx, promise);
        if handled {
            self.rejections.borrow_mut().retain(|rejection| rejection.promise != promise);
        } else {
            self.rejections.borrow_mut().push(Rejection { promise, error: exception::of_value(reason) });
        }
    }

    /// Runs jobs and timers until none is left.
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
            let Some(due) = self.timers.borrow().keys().next().map(|(due, _)| *due) else {
                return Ok(Ok(()));
            };
            if state.wait(tokio::time::sleep_until(due)).is_err() {
                return Err(Interrupted::throw(ctx));
            }
            self.fire(ctx, due)?;
        }
    }

    /// Whether there is nothing to run: no job, no timer, no rejection.
    pub(crate) fn is_idle(&self, ctx: &Ctx<'_>) -> bool {
        self.timers.borrow().is_empty()
            && self.rejections.borrow().is_empty()
            && !quickjs::is_job_pending(ctx)
    }

    /// Forgets everything: what the last iteration left behind must not reach into the next.
    pub(crate) fn clear(&self) {
        self.timers.borrow_mut().clear();
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

fn run_jobs(ctx: &Ctx<'_>, state: &VuState) -> Result<()> {
    loop {
        for _ in 0..JOBS_PER_TURN {
            let ran = ctx.execute_pending_job();
            // A job's own exceptions become rejections; what is left pending is an interruption, or memory
            // that does not suffice for the rejection.
            if ctx.has_exception() {
                return Err(rquickjs::Error::Exception);
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
