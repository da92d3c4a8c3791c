//! Who waits for an answer of the server.

use std::cell::RefCell;

use rquickjs::class::{Trace, Tracer};
use rquickjs::{Ctx, Exception, Function, JsLifetime, Result, Value};
use tokio::time::Instant;

/// What is said when the time is over.
pub(super) const TIMED_OUT: &str = "operation has timed out";
/// What is said when the connection has ended first.
pub(super) const DISCONNECTED: &str = "socket has been disconnected";

/// All that wait.
#[derive(Default, JsLifetime)]
pub(super) struct Acknowledgements<'js> {
    waiting: RefCell<Vec<Waiting<'js>>>,
}

/// One that waits.
#[derive(JsLifetime)]
pub(super) struct Waiting<'js> {
    #[qjs(skip)]
    pub(super) id: u64,
    pub(super) event: String,
    #[qjs(skip)]
    pub(super) sent_at: Instant,
    #[qjs(skip)]
    pub(super) deadline: Option<Instant>,
    pub(super) answer: Answer<'js>,
}

/// Whom the answer is given to.
#[derive(JsLifetime)]
pub(super) enum Answer<'js> {
    /// A function that takes the answer.
    Callback(Function<'js>),
    /// A function that takes an error first.
    Fallible(Function<'js>),
    /// The two functions of a promise.
    Promise(Function<'js>, Function<'js>),
}

impl<'js> Trace<'js> for Acknowledgements<'js> {
    fn trace<'a>(&self, tracer: Tracer<'a, 'js>) {
        let waiting = self.waiting.try_borrow();
        for one in waiting.iter().flat_map(|waiting| waiting.iter()) {
            match &one.answer {
                Answer::Callback(function) | Answer::Fallible(function) => function.trace(tracer),
                Answer::Promise(resolve, reject) => {
                    resolve.trace(tracer);
                    reject.trace(tracer);
                }
            }
        }
    }
}

impl<'js> Acknowledgements<'js> {
    pub(super) fn add(&self, waiting: Waiting<'js>) {
        self.waiting.borrow_mut().push(waiting);
    }

    /// The one with that number.
    pub(super) fn take(&self, id: u64) -> Option<Waiting<'js>> {
        let mut waiting = self.waiting.borrow_mut();
        let at = waiting.iter().position(|one| one.id == id)?;
        Some(waiting.swap_remove(at))
    }

    /// Those whose time is over.
    pub(super) fn take_late(&self, now: Instant) -> Vec<Waiting<'js>> {
        let is_late = |one: &mut Waiting<'js>| one.deadline.is_some_and(|deadline| deadline <= now);
        self.waiting.borrow_mut().extract_if(.., is_late).collect()
    }

    pub(super) fn take_all(&self) -> Vec<Waiting<'js>> {
        self.waiting.take()
    }

    /// When the next one loses its patience.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiting.borrow().iter().filter_map(|one| one.deadline).min()
    }
}

impl<'js> Answer<'js> {
    /// Gives the server's answer.
    pub(super) fn give(self, ctx: &Ctx<'js>, values: Vec<Value<'js>>) -> Result<()> {
        match self {
            Answer::Callback(function) => function.call((rquickjs::function::Rest(values),)),
            Answer::Fallible(function) => {
                function.call((Value::new_null(ctx.clone()), rquickjs::function::Rest(values)))
            }
            Answer::Promise(resolve, _) => {
                let first = values.into_iter().next();
                resolve.call((first.unwrap_or_else(|| Value::new_undefined(ctx.clone())),))
            }
        }
    }

    /// Says that there will be none, to those who want to know.
    pub(super) fn fail(self, ctx: &Ctx<'js>, message: &str) -> Result<()> {
        let error = || Ok(Exception::from_message(ctx.clone(), message)?.into_value());
        match self {
            Answer::Callback(_) => Ok(()),
            Answer::Fallible(function) | Answer::Promise(_, function) => {
                let error: Result<Value<'js>> = error();
                function.call((error?,))
            }
        }
    }
}
