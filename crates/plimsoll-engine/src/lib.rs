//! Runs a plan.
//!
//! The engine knows VUs only as [`Vu`]: something local to a worker thread that can be called and
//! interrupted. It decides when each is called, stops the run in an orderly way, watches thresholds, and
//! speaks in [`RunEvent`]s.
//!
//! ```text
//!  caller's thread: conductor                     worker threads (one per core)
//!  Run::execute                                   current-thread runtime + LocalSet
//!   ├ phases: init → setup → run → teardown ──┐    ├ VUs w, w+W, w+2W, … and their tasks
//!   ├ stop protocol (conductor.rs)            ├──► ├ one generic VU loop, one arrival loop
//!   ├ gauges vus, vus_max each second         │    ├ shard, absorbed into the aggregate each second
//!   └ thresholds every two seconds            ◄────┘ reports
//! ```
//!
//! Start with [`Run`] (wiring) or [`Vu`] and [`VuFactory`] (implementing VUs).
//!
//! | module | subject |
//! |---|---|
//! | [`vu`] | what the engine drives: VUs, calls, interrupts |
//! | [`clock`] | one clock: instants and timestamps |
//! | [`state`] | what a script and a progress display may read while the run goes on |
//! | [`control`] | how a run is stopped, paused and scaled from outside |
//! | [`measurements`] | everything measured so far |
//! | [`event`], [`outcome`] | what the engine says during and after a run |
//! | [`run`] | configuration and entry points |
//! | [`aside`] | calls beside a run: `handleSummary`, and what is asked for from outside |
//! | `conductor`, `housekeeping` | the phases and the stop protocol; what goes on beside them |
//! | `crew`, `worker` | the workers, as the conductor sees them and from inside |
//! | `executor` | the loop that drives a VU through a scenario |
//! | `external` | scenarios whose VUs are told while the run goes on |
//! | `arrival` | the loop that starts iterations at given times |
//! | `steered` | the same at a rate that is told while the run goes on |
//! | `queue`, `exchange` | where iterations meet their VUs: on their own worker, and on others |
//! | `warm_up` | the part of a run that is kept apart from its verdict |
//! | `iteration`, `once` | what all iterations have in common; calls that happen once |
//! | `cut_off`, `pacer` | limits of time; waiting for an instant exactly |
//! | `threshold_watch` | the thresholds while the run goes on, and their windows |
//! | `loop_delay` | how late workers come to their events |
//! | `pool`, `leash`, `recorder` | VUs lent to scenarios; their interrupts; what the engine measures |
//!
//! **Invariant:** between two iterations of a VU there is no lock, no allocation, no formatting and no lookup
//! by name.

pub mod aside;
pub mod clock;
pub mod control;
pub mod event;
pub mod interrupt;
pub mod measurements;
pub mod outcome;
pub mod run;
pub mod state;
pub mod vu;

mod arrival;
mod conductor;
mod crew;
mod cut_off;
mod exchange;
mod executor;
mod external;
mod housekeeping;
mod iteration;
mod leash;
mod loop_delay;
mod once;
mod pacer;
mod pool;
mod queue;
mod recorder;
mod steered;
mod threshold_watch;
mod warm_up;
mod worker;

pub use aside::{AsideCall, AsideError, call_aside, call_handle_summary};
pub use clock::Clock;
pub use control::{ControlError, RunControl};
pub use event::{EventSink, Phase, RunEvent};
pub use interrupt::Interrupt;
pub use loop_delay::LoopDelays;
pub use measurements::Measurements;
pub use outcome::{RunEnd, RunOutcome, WarmUp};
pub use run::{Run, RunConfig, SampleSink, ScriptPhases};
pub use state::{RunState, ScenarioContext, ScenarioProgress};
pub use threshold_watch::ThresholdWatch;
pub use vu::{
    Call, CallEnd, CallKind, CallOutcome, Iteration, ScriptError, Vu, VuFactory, VuId, VuInitError,
};
pub use worker::WorkerContext;
