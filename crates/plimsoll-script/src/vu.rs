//! The script VU: a fiber with a runtime on it, and the mailbox through which the engine calls it.
//!
//! ```text
//!   engine: vu.call(call) ── inbox ──►  fiber: wait for a command ─► run it ─► outbox
//!                         ◄── outbox ──        ▲────────────────────────────────┘
//! ```
//!
//! Polling [`ScriptVu::call`] polls the fiber. The fiber waits for its next command inside of the runtime, so
//! that the stack on which the runtime was made is the one that everything runs on. Dropping the VU sends the
//! stop command, on which the fiber frees its runtime and returns.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use plimsoll_engine::{Call, CallEnd, Interrupt, Vu};

use crate::calls::serve_call;
use crate::fiber::{self, Fiber};
use crate::own_options;
use crate::state::VuState;
use crate::vm::{self, InitError};

enum Command {
    Call(Call),
    Stop,
}

/// One command in, one answer out.
#[derive(Default)]
struct Mailbox {
    command: RefCell<Option<Command>>,
    ready: RefCell<Option<Result<(), InitError>>>,
    end: RefCell<Option<CallEnd>>,
}

/// A virtual user that runs a script.
pub struct ScriptVu {
    fiber: Fiber,
    mailbox: Rc<Mailbox>,
    state: Rc<VuState>,
}

impl ScriptVu {
    /// Makes the runtime and runs the script's init context. Like a call, not to be dropped before it is
    /// complete.
    pub(crate) async fn create(state: Rc<VuState>, interrupt: Interrupt) -> Result<Self, InitError> {
        state.set_interrupt(interrupt);
        let mailbox = Rc::new(Mailbox::default());
        let body = {
            let (state, mailbox) = (Rc::clone(&state), Rc::clone(&mailbox));
            move || live(&state, &mailbox)
        };
        let fiber = Fiber::new(&state.worker.stacks, body)
            .map_err(|error| InitError::Resources(format!("no stack could be mapped for a VU: {error}")))?;
        let mut vu = ScriptVu { fiber, mailbox, state };
        std::future::poll_fn(|cx| vu.poll_for(cx, |mailbox| mailbox.ready.borrow_mut().take())).await?;
        Ok(vu)
    }

    /// Polls the fiber until the mailbox has what is asked for.
    fn poll_for<T>(&mut self, cx: &mut Context<'_>, take: impl Fn(&Mailbox) -> Option<T>) -> Poll<T> {
        // Registers this task to be woken when the interrupt is raised; the flag itself is read where the
        // fiber waits.
        let interrupt = self.state.interrupt();
        let _ = Pin::new(&mut interrupt.raised()).poll(cx);
        let finished = Pin::new(&mut self.fiber).poll(cx).is_ready();
        match take(&self.mailbox) {
            Some(answer) => Poll::Ready(answer),
            None => {
                assert!(!finished, "the fiber of a VU ended without an answer");
                Poll::Pending
            }
        }
    }
}

impl Vu for ScriptVu {
    async fn call(&mut self, call: Call) -> CallEnd {
        self.state.set_interrupt(call.interrupt.clone());
        *self.mailbox.command.borrow_mut() = Some(Command::Call(call));
        std::future::poll_fn(|cx| self.poll_for(cx, |mailbox| mailbox.end.borrow_mut().take())).await
    }
}

impl Drop for ScriptVu {
    fn drop(&mut self) {
        *self.mailbox.command.borrow_mut() = Some(Command::Stop);
        // Between calls the fiber waits for its command and nothing else, so one poll takes it to its end. In
        // the middle of a call it stays suspended, and the fiber reports the leak.
        let _ = Pin::new(&mut self.fiber).poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// The whole life of a VU, on its fiber.
fn live(state: &Rc<VuState>, mailbox: &Mailbox) {
    let served = vm::run(state, |ctx, exports| {
        if let Some(added) = &state.worker.script.added_options {
            own_options::complete(ctx, exports, added);
        }
        *mailbox.ready.borrow_mut() = Some(Ok(()));
        let mut memory = crate::calls::Memory::default();
        // The init context has touched more of the stack than iterations will.
        fiber::release_idle_stack();
        while let Command::Call(call) = fiber::wait(next_command(mailbox)) {
            let end = serve_call(ctx, state, exports, &mut memory, &call);
            *mailbox.end.borrow_mut() = Some(end);
        }
    });
    if let Err(error) = served {
        *mailbox.ready.borrow_mut() = Some(Err(error));
    }
}

async fn next_command(mailbox: &Mailbox) -> Command {
    std::future::poll_fn(|_| match mailbox.command.borrow_mut().take() {
        Some(command) => Poll::Ready(command),
        // Whoever sends a command polls the fiber next.
        None => Poll::Pending,
    })
    .await
}
