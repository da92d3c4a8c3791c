//! The state of one VU that host functions see: who it is, what it is doing, its tags, its connections.
//!
//! Host functions hold it as `Rc<VuState>`. It holds no JavaScript value but for those of timers, streams and
//! CommonJS modules, which [`VuState::forget_values`] drops before the runtime goes.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;
use std::net::IpAddr;
use std::path::Path;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use plimsoll_engine::{Interrupt, Iteration, VuId};
use plimsoll_metrics::{MetricId, Symbol, TagKey, TagSetId, builtin};
use plimsoll_net::{Client, CookieJar, Exchange, Held, Request, Traffic};
use rquickjs::{Ctx, Error};
use tokio::time::Instant;

use crate::commonjs;
use crate::event_loop::EventLoop;
use crate::fiber;
use crate::quickjs;
use crate::tag_scope::TagScope;
use crate::worker::Worker;

/// After so much of a long wait the stack's idle pages go back. Users that hear something more often keep
/// theirs: when thousands hear the same at once, giving pages back would be a fifth of all work.
const IDLE: Duration = Duration::from_secs(5);

/// What a runtime is being used for; many host functions are for some phases only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Module code is running: declarations and file reads, no load.
    Init,
    Setup,
    Iteration,
    Teardown,
    HandleSummary,
}

/// The wait ended because the run wants this VU to stop, not because what was waited for happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interrupted;

impl Interrupted {
    /// Unwinds the script; no `catch` or `finally` runs.
    pub(crate) fn throw(ctx: &Ctx<'_>) -> Error {
        quickjs::throw_uncatchable(ctx, "the iteration was interrupted")
    }
}

/// One VU.
pub(crate) struct VuState {
    pub(crate) id: VuId,
    pub(crate) worker: Rc<Worker>,
    pub(crate) phase: Cell<Phase>,
    iteration: RefCell<Option<Iteration>>,
    pub(crate) tags: RefCell<TagScope>,
    /// Scripts may keep it beyond the iteration that it is for.
    pub(crate) jar: RefCell<Rc<RefCell<CookieJar>>>,
    pub(crate) event_loop: EventLoop,
    pub(crate) commonjs: commonjs::Loaded,
    /// Set by `http.setResponseCallback`; kept for the life of the VU, as in k6.
    pub(crate) response_callback: RefCell<crate::modules::http::ResponseCallback>,
    pub(crate) response_fields: OnceCell<Rc<crate::modules::http::FieldTable>>,
    /// Set by `exec.test.abort`: unwinds like an interruption and ends the run.
    pub(crate) abort: RefCell<Option<String>>,
    /// What `k6/experimental/streams` is made of, once it was asked for.
    pub(crate) streams: crate::modules::streams::Loaded,
    /// Whether files are being read for something that is made once for all VUs.
    reads_once: Cell<bool>,
    interrupt: RefCell<Interrupt>,
    client: Client,
    traffic: Cell<Traffic>,
}

impl VuState {
    pub(crate) fn new(worker: Rc<Worker>, id: VuId) -> Self {
        let client = Client::of_user(worker.net.clone(), u64::from(id.0.saturating_sub(1)));
        let tags = TagScope::new(&worker);
        VuState {
            id,
            worker,
            phase: Cell::new(Phase::Init),
            iteration: RefCell::default(),
            tags: RefCell::new(tags),
            jar: RefCell::default(),
            event_loop: EventLoop::default(),
            commonjs: commonjs::Loaded::default(),
            response_callback: RefCell::default(),
            response_fields: OnceCell::new(),
            abort: RefCell::default(),
            streams: Default::default(),
            reads_once: Cell::default(),
            interrupt: RefCell::new(Interrupt::new()),
            client,
            traffic: Cell::default(),
        }
    }

    /// The interrupt of the call that is running.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.interrupt.borrow().clone()
    }

    /// Sets the interrupt of the call that is about to run.
    pub(crate) fn set_interrupt(&self, interrupt: Interrupt) {
        *self.interrupt.borrow_mut() = interrupt;
    }

    /// Whether the script must unwind now.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.borrow().is_raised() || self.abort.borrow().is_some()
    }

    /// Runs `make`, which makes something that all VUs share: files that it reads are not kept for others.
    pub(crate) fn files_once<R>(&self, make: impl FnOnce() -> R) -> R {
        let before = self.reads_once.replace(true);
        let made = make();
        self.reads_once.set(before);
        made
    }

    /// Reads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// Why it cannot be read, without its path.
    pub(crate) fn read_file(&self, path: &Path, limit: u64) -> Result<Arc<[u8]>, String> {
        let files = &self.worker.script.files;
        if self.reads_once.get() { files.read_once(path, limit) } else { files.read(path, limit) }
    }

    /// Suspends the VU until `future` is ready or the VU is interrupted, whichever comes first.
    pub(crate) fn wait<F: Future>(&self, future: F) -> Result<F::Output, Interrupted> {
        if self.is_interrupted() {
            return Err(Interrupted);
        }
        let mut future = pin!(future);
        // Raising the interrupt wakes the task that polls this VU, so looking at the flag here is enough.
        fiber::wait(std::future::poll_fn(|cx| {
            self.event_loop.drive(cx);
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending if self.is_interrupted() => Poll::Ready(Err(Interrupted)),
                Poll::Pending => Poll::Pending,
            }
        }))
    }

    /// Like [`wait`](Self::wait), for what may take long: after a moment the stack's idle pages go back.
    pub(crate) fn wait_idly<F: Future>(&self, future: F) -> Result<F::Output, Interrupted> {
        let mut future = pin!(future);
        if let Ok(output) = self.wait(tokio::time::timeout(IDLE, future.as_mut()))? {
            return Ok(output);
        }
        fiber::release_idle_stack();
        self.wait(future)
    }

    /// Runs one exchange on this VU's connections.
    pub(crate) async fn exchange(&self, request: &Request, deadline: Instant) -> Exchange {
        let exchange = self.client.exchange(request, deadline).await;
        self.count(exchange.traffic);
        exchange
    }

    /// The address of this machine that the VU's connections come from; the system's choice when `None`.
    pub(crate) fn local_address(&self) -> Option<IpAddr> {
        self.client.local()
    }

    /// The same on a connection that is held; see [`Client::exchange_on`].
    pub(crate) async fn exchange_on(
        &self,
        held: &mut Held,
        request: &Request,
        deadline: Instant,
    ) -> Exchange {
        let exchange = self.client.exchange_on(held, request, deadline).await;
        self.count(exchange.traffic);
        exchange
    }

    /// Keeps a connection that was held.
    pub(crate) fn release(&self, held: Held) {
        self.client.release(held);
    }

    /// Waits until the option `rps` lets the next request go.
    pub(crate) async fn wait_for_turn(&self) {
        if let Some(limit) = &self.worker.script.rate_limit {
            tokio::time::sleep_until(limit.take(Instant::now())).await;
        }
    }

    /// An empty jar for a new iteration.
    pub(crate) fn forget_cookies(&self) {
        let mut jar = self.jar.borrow_mut();
        if Rc::strong_count(&jar) > 1 {
            *jar = Rc::default();
        } else {
            jar.borrow_mut().clear_all();
        }
    }

    /// Counts bytes of connections that are not HTTP's.
    pub(crate) fn count(&self, more: Traffic) {
        let Traffic { sent, received } = self.traffic.get();
        self.traffic.set(Traffic { sent: sent + more.sent, received: received + more.received });
    }

    /// Closes connections that are idle.
    pub(crate) fn close_idle_connections(&self) {
        self.client.close_idle();
    }

    /// Records the bytes moved since the last call, as k6 does at the end of each iteration.
    pub(crate) fn record_traffic(&self, tags: TagSetId) {
        let traffic = self.traffic.take();
        self.record_in(builtin::DATA_SENT, tags, traffic.sent as f64);
        self.record_in(builtin::DATA_RECEIVED, tags, traffic.received as f64);
    }

    /// Records one value under the VU's current tags and some more.
    pub(crate) fn record(&self, metric: MetricId, value: f64, more: &[(TagKey, Symbol)]) {
        let tags = self.tag_set(more);
        self.record_in(metric, tags, value);
    }

    /// The VU's current tags with some more, as a tag set.
    pub(crate) fn tag_set(&self, more: &[(TagKey, Symbol)]) -> TagSetId {
        self.tags.borrow_mut().tag_set(&mut self.worker.shard(), more)
    }

    fn record_in(&self, metric: MetricId, tags: TagSetId, value: f64) {
        let clock = &self.worker.context.clock;
        let at = clock.timestamp(clock.now());
        let mut shard = self.worker.shard();
        let series = shard.series(metric, tags);
        if shard.keeps_raw() {
            shard.record_with(series, value, at, &self.tags.borrow().context());
        } else {
            shard.record(series, value, at);
        }
    }

    /// The iteration that is running, for `k6/execution`.
    pub(crate) fn current_iteration(&self) -> Option<Iteration> {
        self.iteration.borrow().clone()
    }

    /// How late the iteration that is running started; `None` when no schedule wanted it at a certain time.
    pub(crate) fn lateness(&self) -> Option<Duration> {
        self.iteration.borrow().as_ref().and_then(Iteration::lateness)
    }

    /// Drops every JavaScript value held here. Must run before the runtime is dropped.
    pub(crate) fn forget_values(&self) {
        self.event_loop.clear();
        self.streams.forget();
        self.commonjs.clear();
    }

    /// Begins a phase: its tags, its group, and, for iterations, who is running.
    pub(crate) fn enter(&self, phase: Phase, iteration: Option<&Iteration>) {
        self.phase.set(phase);
        let mut shard = self.worker.shard();
        let mut tags = self.tags.borrow_mut();
        tags.enter(&mut shard, self.id.0, iteration);
        match phase {
            Phase::Setup => tags.set_root_group(&mut shard, "::setup"),
            Phase::Teardown => tags.set_root_group(&mut shard, "::teardown"),
            Phase::Init | Phase::Iteration | Phase::HandleSummary => {}
        }
        *self.iteration.borrow_mut() = iteration.cloned();
    }
}
