//! Makes script VUs for the engine.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use plimsoll_engine::{Interrupt, VuFactory, VuId, VuInitError, WorkerContext};

use crate::bundle::Script;
use crate::state::VuState;
use crate::vm::InitError;
use crate::vu::ScriptVu;
use crate::worker::Worker;

thread_local! {
    /// The state that the VUs of this worker thread share. It lives as long as one of them.
    static WORKER: RefCell<Weak<Worker>> = const { RefCell::new(Weak::new()) };
}

/// Makes VUs that run one script.
#[derive(Clone)]
pub struct ScriptFactory {
    script: Arc<Script>,
}

impl ScriptFactory {
    /// A factory for a script.
    pub fn new(script: Arc<Script>) -> Self {
        ScriptFactory { script }
    }

    /// What this thread's VUs of this run share, made by the first of them.
    fn worker(&self, context: &WorkerContext) -> Rc<Worker> {
        WORKER.with_borrow_mut(|slot| {
            let current = slot.upgrade().filter(|worker| Rc::ptr_eq(&worker.context.shard, &context.shard));
            current.unwrap_or_else(|| {
                let worker = Rc::new(Worker::new(context.clone(), Arc::clone(&self.script)));
                *slot = Rc::downgrade(&worker);
                worker
            })
        })
    }
}

impl VuFactory for ScriptFactory {
    type Vu = ScriptVu;

    async fn create(
        &self,
        worker: &WorkerContext,
        id: VuId,
        interrupt: Interrupt,
    ) -> Result<ScriptVu, VuInitError> {
        let state = Rc::new(VuState::new(self.worker(worker), id));
        ScriptVu::create(state, interrupt).await.map_err(|error| match error {
            InitError::Threw(error) => VuInitError::Script(error),
            InitError::Aborted(reason) => VuInitError::Aborted { reason },
            InitError::Interrupted => VuInitError::Interrupted,
            InitError::Resources(what) => VuInitError::Other(what),
        })
    }
}
