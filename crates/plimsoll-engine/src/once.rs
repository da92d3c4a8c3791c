//! Calls that happen once, on a VU of their own: `setup`, `teardown`, `handleSummary`.

use std::{sync::Arc, time::Duration};

use crate::{
    cut_off::{Slice, with_cut_off},
    interrupt::Interrupt,
    leash::{Kennel, Leash},
    vu::{Call, CallEnd, CallKind, CallOutcome, Vu, VuFactory, VuId, VuInitError},
    worker::WorkerContext,
};

/// A call to be made once.
pub(crate) struct OnceCall {
    pub(crate) kind: CallKind,
    pub(crate) setup_data: Option<Arc<str>>,
    /// How long it may take, the making of its VU included.
    pub(crate) timeout: Duration,
    /// Whether an interruption of the run reaches it. `teardown` is what runs *because* of one.
    pub(crate) interruptible: bool,
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum OnceEnd {
    /// By itself, or interrupted with the run.
    Ended(CallEnd),
    /// Because its time was up.
    TimedOut,
    /// It never began.
    NotMade(VuInitError),
}

/// Makes VU 0, calls it, and drops it.
pub(crate) async fn call_once<F: VuFactory>(
    factory: &F,
    context: &WorkerContext,
    kennel: &Kennel,
    once: OnceCall,
) -> OnceEnd {
    let leash = once.interruptible.then(|| kennel.leash());
    let interrupt = leash.as_ref().map_or_else(Interrupt::new, Leash::interrupt);
    let cut_off = context.clock.now() + once.timeout;
    let work = async {
        let mut vu = factory.create(context, VuId::ZERO, interrupt.clone()).await?;
        let call = Call { kind: once.kind, interrupt: interrupt.clone(), setup_data: once.setup_data };
        Ok(vu.call(call).await)
    };
    match with_cut_off(work, cut_off, &interrupt, &Slice::default()).await {
        (Ok(CallEnd { outcome: CallOutcome::Interrupted, .. }), true) => OnceEnd::TimedOut,
        (Err(VuInitError::Interrupted), true) => OnceEnd::TimedOut,
        (Ok(end), _) => OnceEnd::Ended(end),
        (Err(error), _) => OnceEnd::NotMade(error),
    }
}
