//! Work that was read from arguments and is still to be done: here when it is short, on another thread when
//! it would keep the other VUs of the worker waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};

use rquickjs::{ArrayBuffer, Class, Ctx, IntoJs as _, Object, Promise, Result, Value};
use tokio::sync::oneshot;

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

type Work = Box<dyn FnOnce() -> Outcome + Send>;

/// Work to be done.
pub(super) struct Job {
    size: Size,
    work: Work,
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

type Task = (Work, oneshot::Sender<Outcome>);

/// Begins the work on another thread, whether or not anybody waits for the answer yet.
fn elsewhere(work: Work) -> impl Future<Output = Outcome> {
    let (answer, outcome) = oneshot::channel();
    let sent = THREADS.send((work, answer));
    async move {
        let lost = || Failure::operation("the operation was lost: no thread could do it");
        sent.map_err(|_| lost())?;
        outcome.await.map_err(|_| lost())?
    }
}

/// The way to the threads for long jobs: one for each processor, started when the first job comes. They are
/// not those of the runtime, for whose work a run that is stopped would wait.
static THREADS: LazyLock<mpsc::Sender<Task>> = LazyLock::new(|| {
    let (tasks, queue) = mpsc::channel();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        let queue = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("webcrypto".to_owned());
        // Without any thread the queue is closed, and sending fails.
        drop(thread.spawn(move || {
            while let Some(task) = next(&queue) {
                serve(task);
            }
        }));
    }
    tasks
});

fn next(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Does the work, unless the iteration that wanted it was interrupted. A panic takes the answer with it.
fn serve((work, answer): Task) {
    if answer.is_closed() {
        return;
    }
    if let Ok(outcome) = catch_unwind(AssertUnwindSafe(work)) {
        drop(answer.send(outcome));
    }
}
