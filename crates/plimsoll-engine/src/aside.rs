//! Calls beside a run: `handleSummary` after it, `setup` and `teardown` for whoever asks for them.
//!
//! Each is made on a thread and a VU of its own, so that the run takes no notice of it.

use std::{sync::Arc, thread, time::Duration};

use plimsoll_metrics::ShardConfig;
use tokio::sync::oneshot;

use crate::{
    clock::Clock,
    crew::block_on_worker,
    leash::Kennel,
    measurements::Measurements,
    once::{OnceCall, OnceEnd, call_once},
    state::RunState,
    vu::{CallKind, CallOutcome, ScriptError, VuFactory, VuInitError},
    worker::WorkerContext,
};

/// A call beside a run.
#[derive(Debug, Clone)]
pub struct AsideCall {
    /// What is called; no iteration.
    pub kind: CallKind,
    /// What `setup` returned, as JSON.
    pub setup_data: Option<Arc<str>>,
    /// How long it may take.
    pub timeout: Duration,
}

/// Why such a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AsideError {
    /// It threw.
    #[error("{function} threw: {error}")]
    Threw {
        /// The function.
        function: &'static str,
        /// The exception.
        error: ScriptError,
    },
    /// It took too long.
    #[error("{function} took longer than {}", plimsoll_plan::duration::format(*timeout))]
    TimedOut {
        /// The function.
        function: &'static str,
        /// The time it had.
        timeout: Duration,
    },
    /// It asked for the end of a test that it is no part of.
    #[error("{function} aborted: {reason}")]
    Aborted {
        /// The function.
        function: &'static str,
        /// What the script gave as the reason.
        reason: String,
    },
    /// The VU for it could not be made.
    #[error("no VU for {function}")]
    NotMade {
        /// The function.
        function: &'static str,
        /// Why not.
        source: VuInitError,
    },
    /// The thread it ran on is gone: a bug.
    #[error("the thread of {function} is gone")]
    Lost {
        /// The function.
        function: &'static str,
    },
}

/// Calls the script's `handleSummary` after a run. What it records is discarded.
///
/// `data` is the summary as JSON; the result is what it returned, as JSON.
///
/// # Errors
/// When it did not return.
pub async fn call_handle_summary<F: VuFactory>(
    factory: F,
    state: Arc<RunState>,
    data: Arc<str>,
    timeout: Duration,
) -> Result<Option<String>, AsideError> {
    let call = AsideCall { kind: CallKind::HandleSummary { data }, setup_data: None, timeout };
    call_aside(factory, state, call, None).await
}

/// Makes a call beside a run. What it records is added to `measurements`, if they are given.
///
/// # Errors
/// When it did not return.
pub async fn call_aside<F: VuFactory>(
    factory: F,
    state: Arc<RunState>,
    call: AsideCall,
    measurements: Option<Measurements>,
) -> Result<Option<String>, AsideError> {
    let AsideCall { kind, setup_data, timeout } = call;
    let function = name(&kind);
    let (tell, told) = oneshot::channel();
    let work = async move || {
        let context = WorkerContext::new(0, ShardConfig::default(), Clock::start(), state);
        let call = OnceCall { kind, setup_data, timeout, interruptible: false };
        let end = call_once(&factory, &context, &Kennel::default(), call).await;
        if let Some(measurements) = measurements {
            measurements.absorb(&mut context.shard.borrow_mut());
        }
        let _ = tell.send(end);
    };
    let thread = thread::Builder::new().name("aside".to_owned());
    thread.spawn(move || block_on_worker(work())).map_err(|_| AsideError::Lost { function })?;
    result(told.await.map_err(|_| AsideError::Lost { function })?, function, timeout)
}

fn name(kind: &CallKind) -> &'static str {
    match kind {
        CallKind::Setup => "setup",
        CallKind::Iteration(_) => "iteration",
        CallKind::Teardown => "teardown",
        CallKind::HandleSummary { .. } => "handleSummary",
    }
}

fn result(end: OnceEnd, function: &'static str, timeout: Duration) -> Result<Option<String>, AsideError> {
    match end {
        OnceEnd::TimedOut => Err(AsideError::TimedOut { function, timeout }),
        OnceEnd::NotMade(source) => Err(AsideError::NotMade { function, source }),
        OnceEnd::Ended(end) => match end.outcome {
            CallOutcome::Completed => Ok(end.returned),
            CallOutcome::Threw(error) => Err(AsideError::Threw { function, error }),
            CallOutcome::Interrupted => Err(AsideError::TimedOut { function, timeout }),
            CallOutcome::Aborted { reason } => Err(AsideError::Aborted { function, reason }),
        },
    }
}
