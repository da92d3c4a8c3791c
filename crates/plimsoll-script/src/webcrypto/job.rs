//! Work that was read from arguments and is still to be done: here when it is short, on a thread of its own
//! when it would keep the other VUs of the worker waiting.

use std::sync::{Arc, LazyLock};

use rquickjs::{ArrayBuffer, Class, Ctx, IntoJs as _, Object, Promise, Result, Value};
use tokio::sync::{Semaphore, oneshot};

use super::failure::Failure;
use super::jwk::Jwk;
use super::key::{CryptoKey, Key};
use super::making::Made;
use super::writing::Written;
use crate::event_loop::settle_with;
use crate::modules::settled;
use crate::state::VuState;

/// Data beyond this many bytes are worked on elsewhere: hashing them takes about a millisecond.
const SHORT_DATA: usize = 256 << 10;

/// How long a job will take, as far as one can tell before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Less than about a millisecond.
    Short,
    Long,
}

impl Size {
    /// The size of a job over that many bytes.
    pub(super) fn of_data(bytes: usize) -> Self {
        if bytes > SHORT_DATA { Size::Long } else { Size::Short }
    }
}

/// What a job gives.
pub(super) enum Answer {
    Bytes(Vec<u8>),
    Verdict(bool),
    Key(Key),
    Pair { public: Key, private: Key },
    Jwk(Box<Jwk>),
}

impl From<Made> for Answer {
    fn from(made: Made) -> Self {
        match made {
            Made::Secret(key) => Answer::Key(key),
            Made::Pair { public, private } => Answer::Pair { public, private },
        }
    }
}

impl From<Written> for Answer {
    fn from(written: Written) -> Self {
        match written {
            Written::Bytes(bytes) => Answer::Bytes(bytes),
            Written::Jwk(jwk) => Answer::Jwk(jwk),
        }
    }
}

impl Answer {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let guarded = |key| Class::instance(ctx.clone(), CryptoKey(Arc::new(key)));
        match self {
            Answer::Bytes(bytes) => Ok(ArrayBuffer::new_copy(ctx.clone(), &bytes)?.into_value()),
            Answer::Verdict(verdict) => verdict.into_js(ctx),
            Answer::Key(key) => Ok(guarded(key)?.into_value()),
            Answer::Pair { public, private } => {
                let pair = Object::new(ctx.clone())?;
                pair.set("publicKey", guarded(public)?)?;
                pair.set("privateKey", guarded(private)?)?;
                Ok(pair.into_value())
            }
            Answer::Jwk(jwk) => {
                ctx.json_parse(serde_json::to_vec(&jwk).expect("strings, lists and flags can be JSON"))
            }
        }
    }
}

type Outcome = std::result::Result<Answer, Failure>;

fn into_js<'js>(ctx: &Ctx<'js>, outcome: Outcome) -> Result<Value<'js>> {
    outcome.map_err(|failure| failure.throw(ctx))?.into_js(ctx)
}

/// Work to be done.
pub(super) struct Job {
    size: Size,
    work: Box<dyn FnOnce() -> Outcome + Send>,
}

impl Job {
    pub(super) fn new(size: Size, work: impl FnOnce() -> Outcome + Send + 'static) -> Self {
        Job { size, work: Box::new(work) }
    }

    /// A promise of the answer. That of a short job is settled when this returns, so that what waits for it
    /// runs with the next jobs of the event loop.
    pub(super) fn promise<'js>(self, ctx: &Ctx<'js>, state: &VuState) -> Result<Promise<'js>> {
        if self.size == Size::Short {
            return settled(ctx, into_js(ctx, (self.work)()));
        }
        let outcome = elsewhere(self.work);
        state.event_loop.promise(ctx, async move {
            let outcome = outcome.await;
            settle_with(move |ctx| into_js(ctx, outcome))
        })
    }
}

/// Does the work on a thread of its own, of which there are no more at a time than processors. A thread, and
/// not the runtime's pool: when the run ends early it does not wait for work that nobody wants any more.
async fn elsewhere(work: Box<dyn FnOnce() -> Outcome + Send>) -> Outcome {
    static PROCESSORS: LazyLock<Semaphore> =
        LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));
    let lost = |_| Failure::operation("no thread could be had for the work");
    let place = PROCESSORS.acquire().await.expect("never closed");
    let (answer, outcome) = oneshot::channel();
    let thread = std::thread::Builder::new().name("webcrypto".to_owned());
    let body = move || {
        // Nobody listens when the iteration was interrupted.
        drop(answer.send(work()));
        drop(place);
    };
    thread.spawn(body).map_err(|error| Failure::operation(format!("no thread for the work: {error}")))?;
    outcome.await.map_err(lost)?
}
