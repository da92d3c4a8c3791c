//! Fibers: stackful coroutines that let synchronous JavaScript wait for asynchronous Rust.
//!
//! k6 scripts are synchronous on their face: `http.get()` returns a response. A VU therefore runs on a stack
//! of its own, and a host function that has to wait calls [`wait`], which suspends that stack, not the
//! thread. Towards the worker a [`Fiber`] is an ordinary `Future`: each `poll` resumes the stack until it
//! waits again or ends.
//!
//! ```text
//!   worker thread: poll(Fiber) ──resume──►  VU stack: JS_Call → http.get → wait(exchange)
//!                              ◄─suspend──                                   └ exchange is Pending
//! ```
//!
//! Rules that keep this sound:
//! - **A suspended fiber is never unwound from outside.** QuickJS's C frames are on its stack. Dropping an
//!   unfinished fiber leaks it, loudly; the owner must let it run to its end ([`crate::vu`] has the
//!   protocol).
//! - A fiber stays on the thread that made it (`Fiber` is not `Send`).
//! - The JavaScript stack limit ([`JS_STACK_SIZE`]) leaves [`STACK_SIZE`] − [`JS_STACK_SIZE`] for host code
//!   below the deepest JavaScript frame, so endless recursion is a `RangeError`, never an overflow.
//!
//! This module knows nothing of JavaScript. All `unsafe` of stacks and context switches lives here.
#![expect(unsafe_code, reason = "stack memory and context switches; each block has its argument")]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use corosensei::stack::{Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult, Yielder};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};
use tokio::time::Instant;

/// Address space of one fiber's stack in bytes, its guard page included. Pages are committed when first
/// touched.
pub(crate) const STACK_SIZE: usize = 2 << 20;
/// How much of [`STACK_SIZE`] JavaScript may use; the rest is for host functions called from the deepest
/// frame.
pub(crate) const JS_STACK_SIZE: usize = 3 << 19;
/// Stacks are mapped this many at a time: the kernel limits the number of mappings, not their size.
const STACKS_PER_MAPPING: usize = 64;
/// A fiber that has not waited for this long lets its neighbours run (see [`preempt_if_due`]). Short enough
/// to keep the neighbours' clocks honest, long enough that a switch (about 100 ns) does not matter.
const TIME_SLICE: Duration = Duration::from_millis(1);
/// Pages kept below the stack pointer when idle pages are returned: room for the frames of the release
/// itself.
const RELEASE_MARGIN: usize = 4096;

/// How many stacks of the process have a guard page. Each costs two of the kernel's mappings
/// (`vm.max_map_count`, 65,530 by default), and the allocator needs mappings too: these take half of them.
const GUARDED_STACKS: usize = 16_000;

/// Guard pages set so far. The limit is the process's, so the count is too.
static GUARDS: AtomicUsize = AtomicUsize::new(0);

/// The stacks of one worker: handed out, taken back, never unmapped while the worker lives.
///
/// Stacks lie side by side in few large mappings. The first [`GUARDED_STACKS`] have a guard page at their low
/// end. Past that, stacks go without: the JavaScript limit still stops recursion half a megabyte earlier.
#[derive(Default)]
pub(crate) struct StackPool {
    free: RefCell<Vec<NonNull<u8>>>,
}

impl StackPool {
    /// Takes a stack out of the pool, mapping more when it is empty.
    ///
    /// # Errors
    /// When the system refuses the address space.
    fn take(self: &Rc<Self>) -> std::io::Result<PooledStack> {
        if let Some(low) = self.free.borrow_mut().pop() {
            return Ok(PooledStack { low, pool: Rc::clone(self) });
        }
        self.grow()?;
        let low = self.free.borrow_mut().pop().expect("grow adds stacks or fails");
        Ok(PooledStack { low, pool: Rc::clone(self) })
    }

    fn grow(&self) -> std::io::Result<()> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice aliases nothing.
        let mapping = unsafe {
            rustix::mm::mmap_anonymous(std::ptr::null_mut(), STACK_SIZE * STACKS_PER_MAPPING, prot, flags)
        }?;
        let mut free = self.free.borrow_mut();
        for index in (0..STACKS_PER_MAPPING).rev() {
            // SAFETY: index < STACKS_PER_MAPPING keeps the address inside of the mapping made above.
            let low = unsafe { mapping.cast::<u8>().add(index * STACK_SIZE) };
            if GUARDS.fetch_add(1, Ordering::Relaxed) < GUARDED_STACKS {
                // SAFETY: the lowest page of a stack that nobody uses yet. A refusal leaves it without.
                let _ = unsafe { rustix::mm::mprotect(low.cast(), page_size(), MprotectFlags::empty()) };
            }
            free.push(NonNull::new(low).expect("mmap never returns null on success"));
        }
        Ok(())
    }
}

/// One stack, on loan from its pool.
struct PooledStack {
    low: NonNull<u8>,
    pool: Rc<StackPool>,
}

// SAFETY: base and limit delimit STACK_SIZE bytes of readable and writable memory (but for the guard page at
// the low end), owned by this value alone and page-aligned, hence aligned for any architecture's stack. The
// mapping is never unmapped. Overflow is stopped by the guard page, or, past `GUARDED_STACKS`, by
// QuickJS's own limit check, which leaves STACK_SIZE − JS_STACK_SIZE for host frames.
unsafe impl Stack for PooledStack {
    fn base(&self) -> StackPointer {
        StackPointer::new(self.low.as_ptr() as usize + STACK_SIZE).expect("a stack is not at address zero")
    }

    fn limit(&self) -> StackPointer {
        StackPointer::new(self.low.as_ptr() as usize).expect("a stack is not at address zero")
    }
}

impl Drop for PooledStack {
    fn drop(&mut self) {
        let usable = self.low.as_ptr() as usize + page_size();
        discard_pages(usable, self.low.as_ptr() as usize + STACK_SIZE);
        self.pool.free.borrow_mut().push(self.low);
    }
}

fn page_size() -> usize {
    rustix::param::page_size()
}

/// Gives the whole pages between two addresses of a stack back to the system; they read as zeroes afterwards.
fn discard_pages(from: usize, to: usize) {
    let page = page_size();
    let (from, to) = (from.next_multiple_of(page), to & !(page - 1));
    if from < to {
        // SAFETY: callers pass ranges of a stack that hold no live frame: the stack is unused, or the range
        // lies below the stack pointer. Failure only means that the memory stays resident.
        let _ = unsafe { rustix::mm::madvise(from as *mut _, to - from, Advice::LinuxDontNeed) };
    }
}

/// What a running fiber needs to know about the poll that resumed it. Lives on the fiber's own stack.
struct Running {
    yielder: *const Yielder<Resume, ()>,
    resume: Cell<Resume>,
    low: usize,
}

/// Sent into the coroutine at each resumption.
#[derive(Clone, Copy)]
struct Resume {
    /// The polling task's context; valid until the fiber suspends again.
    context: *mut (),
    at: Instant,
}

thread_local! {
    static RUNNING: Cell<*const Running> = const { Cell::new(std::ptr::null()) };
}

/// A stack with a function running on it. Poll it to resume; it is ready when the function has returned.
pub(crate) struct Fiber {
    // `Option` only so that `Drop` can take it out; always `Some` before.
    coroutine: Option<Coroutine<Resume, (), (), PooledStack>>,
}

impl Fiber {
    /// Prepares `body` to run on a stack of `pool`. Nothing runs before the first poll.
    ///
    /// # Errors
    /// When no memory can be mapped for the stack.
    pub(crate) fn new(pool: &Rc<StackPool>, body: impl FnOnce() + 'static) -> std::io::Result<Self> {
        let stack = pool.take()?;
        let low = stack.limit().get();
        let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<Resume, ()>, first: Resume| {
            let running = Running { yielder, resume: Cell::new(first), low };
            RUNNING.set(&raw const running);
            body();
        });
        Ok(Fiber { coroutine: Some(coroutine) })
    }
}

/// Fibers may nest (one fiber polling another): the outer one is running again once a poll returns or panics.
struct RestoreRunning(*const Running);

impl Drop for RestoreRunning {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

impl Future for Fiber {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let coroutine = self.coroutine.as_mut().expect("taken only by drop");
        if coroutine.done() {
            return Poll::Ready(());
        }
        let _outer = RestoreRunning(RUNNING.get());
        let resume = Resume { context: std::ptr::from_mut(cx).cast(), at: Instant::now() };
        match coroutine.resume(resume) {
            CoroutineResult::Yield(()) => Poll::Pending,
            CoroutineResult::Return(()) => Poll::Ready(()),
        }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        let Some(coroutine) = self.coroutine.take() else { return };
        if coroutine.started() && !coroutine.done() {
            // Unwinding through C frames is undefined behaviour; losing a stack is not. This is a bug in the
            // caller.
            tracing::error!(target: "plimsoll", "a suspended fiber was dropped; its memory is leaked");
            std::mem::forget(coroutine);
        }
    }
}

fn running() -> &'static Running {
    let running = RUNNING.get();
    assert!(!running.is_null(), "fiber::wait called outside of a fiber");
    // SAFETY: RUNNING is set while a fiber's body runs, and points to a value on that fiber's stack which
    // lives as long as the body. The reference is used only by the callers below, which run on that very
    // stack.
    unsafe { &*running }
}

/// Suspends the running fiber until its task is polled again.
fn suspend(running: &Running) {
    // SAFETY: the yielder outlives the body, which outlives this call.
    let resume = unsafe { &*running.yielder }.suspend(());
    running.resume.set(resume);
    RUNNING.set(running);
}

fn with_context<R>(running: &Running, f: impl FnOnce(&mut Context<'_>) -> R) -> R {
    // SAFETY: set by the poll that resumed this fiber, and that poll does not return before the fiber
    // suspends, after which the field is replaced. No other reference to the context is used meanwhile.
    f(unsafe { &mut *running.resume.get().context.cast::<Context<'_>>() })
}

/// Whether the caller runs on a fiber, that is, whether [`wait`] may be called.
#[cfg(test)]
pub(crate) fn is_running() -> bool {
    !RUNNING.get().is_null()
}

/// Runs `future` to its end, suspending the calling fiber while it is pending.
///
/// # Panics
/// When called outside of a fiber.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let running = running();
    loop {
        match with_context(running, |cx| future.as_mut().poll(cx)) {
            Poll::Ready(output) => return output,
            Poll::Pending => suspend(running),
        }
    }
}

/// Lets other tasks of this worker run if the calling fiber has computed for a whole time slice since it was
/// resumed. Called from the engine's interrupt handler, so that `while (true) {}` in one VU does not stop the
/// clocks of others.
pub(crate) fn preempt_if_due() {
    if RUNNING.get().is_null() {
        return;
    }
    if running().resume.get().at.elapsed() >= TIME_SLICE {
        // Not a plain wake-up: this one comes only after the worker has looked at its sockets and timers.
        wait(tokio::task::yield_now());
    }
}

/// Gives the pages below the running fiber's stack pointer back to the system. Worth its system call (about a
/// microsecond, and as much again to touch the pages later) before a wait that is long or for many.
#[inline(never)]
pub(crate) fn release_idle_stack() {
    if RUNNING.get().is_null() {
        return;
    }
    let marker = 0u8;
    let here = (&raw const marker) as usize;
    discard_pages(running().low + page_size(), here.saturating_sub(RELEASE_MARGIN));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("runtime")
    }

    #[test]
    fn waits_without_blocking_its_neighbours() {
        let pool = Rc::new(StackPool::default());
        let log = Rc::new(RefCell::new(Vec::new()));
        let fiber = |name: &'static str, ms: u64| {
            let log = Rc::clone(&log);
            Fiber::new(&pool, move || {
                wait(tokio::time::sleep(Duration::from_millis(ms)));
                log.borrow_mut().push(name);
            })
            .expect("stack")
        };
        let (slow, fast) = (fiber("slow", 20), fiber("fast", 10));
        runtime().block_on(async { tokio::join!(slow, fast) });
        assert_eq!(*log.borrow(), ["fast", "slow"]);
    }

    #[test]
    fn stacks_are_reused() {
        let pool = Rc::new(StackPool::default());
        for _ in 0..3 * STACKS_PER_MAPPING {
            runtime().block_on(Fiber::new(&pool, || assert!(is_running())).expect("stack"));
        }
        assert_eq!(pool.free.borrow().len(), STACKS_PER_MAPPING);
        assert!(!is_running());
    }

    #[test]
    fn ten_thousand_fibers_wait_at_once() {
        let pool = Rc::new(StackPool::default());
        let done = Rc::new(Cell::new(0));
        runtime().block_on(async {
            let local = tokio::task::LocalSet::new();
            for _ in 0..10_000 {
                let done = Rc::clone(&done);
                let body = move || {
                    wait(tokio::time::sleep(Duration::from_secs(1)));
                    done.set(done.get() + 1);
                };
                local.spawn_local(Fiber::new(&pool, body).expect("stack"));
            }
            local.await;
        });
        assert_eq!(done.get(), 10_000);
    }

    #[test]
    fn locals_survive_the_release_of_idle_pages() {
        let pool = Rc::new(StackPool::default());
        let sum = Rc::new(Cell::new(0u64));
        let out = Rc::clone(&sum);
        let body = move || {
            let values: [u64; 512] = std::array::from_fn(|i| i as u64);
            for _ in 0..3 {
                release_idle_stack();
                wait(tokio::time::sleep(Duration::from_millis(1)));
            }
            out.set(values.iter().sum());
        };
        runtime().block_on(Fiber::new(&pool, body).expect("stack"));
        assert_eq!(sum.get(), 511 * 512 / 2);
    }

    #[test]
    fn a_busy_fiber_yields_after_its_time_slice() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("runtime");
        let pool = Rc::new(StackPool::default());
        let stop = Rc::new(Cell::new(false));
        let seen = Rc::clone(&stop);
        let busy = Fiber::new(&pool, move || {
            while !seen.get() {
                preempt_if_due();
            }
        });
        let neighbour = async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            stop.set(true);
        };
        runtime.block_on(async { tokio::join!(busy.expect("stack"), neighbour) });
    }

    #[test]
    fn a_panic_reaches_the_poller() {
        let pool = Rc::new(StackPool::default());
        let fiber = Fiber::new(&pool, || panic!("boom")).expect("stack");
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime().block_on(fiber)));
        assert!(caught.is_err());
    }
}
