//! Interrupts of everything that runs on a worker, so that one command reaches them all.
//!
//! Raising thousands of interrupts must cost no more than walking over them: each holder keeps a [`Leash`],
//! the [`Kennel`] knows where all leashes are, and nobody listens to a common signal.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use crate::interrupt::Interrupt;

/// All interrupts of a worker. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kennel(Rc<Places>);

#[derive(Debug, Default)]
struct Places {
    held: RefCell<Vec<Option<Interrupt>>>,
    free: RefCell<Vec<usize>>,
    /// Everything was interrupted; whatever comes later is interrupted from the start.
    closed: Cell<bool>,
}

impl Kennel {
    /// A leash with a fresh interrupt.
    pub(crate) fn leash(&self) -> Leash {
        let interrupt = Interrupt::new();
        let mut held = self.0.held.borrow_mut();
        let place = self.0.free.borrow_mut().pop().unwrap_or(held.len());
        if place == held.len() {
            held.push(None);
        }
        held[place] = Some(interrupt.clone());
        drop(held);
        let leash = Leash { kennel: self.clone(), place, interrupt: RefCell::new(interrupt) };
        if self.0.closed.get() {
            leash.interrupt().raise();
        }
        leash
    }

    /// Raises every interrupt, present and future.
    pub(crate) fn interrupt_all(&self) {
        self.0.closed.set(true);
        for interrupt in self.0.held.borrow().iter().flatten() {
            interrupt.raise();
        }
    }
}

/// One holder's interrupt, known to the kennel until it is dropped.
#[derive(Debug)]
pub(crate) struct Leash {
    kennel: Kennel,
    place: usize,
    interrupt: RefCell<Interrupt>,
}

impl Leash {
    /// The present interrupt.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.interrupt.borrow().clone()
    }

    /// Whether everything on this worker has been interrupted.
    pub(crate) fn is_for_good(&self) -> bool {
        self.kennel.0.closed.get()
    }

    /// Replaces a raised interrupt by a fresh one, unless everything was interrupted.
    pub(crate) fn renew(&self) {
        if self.interrupt().is_raised() && !self.is_for_good() {
            let fresh = Interrupt::new();
            self.kennel.0.held.borrow_mut()[self.place] = Some(fresh.clone());
            *self.interrupt.borrow_mut() = fresh;
        }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.kennel.0.held.borrow_mut()[self.place] = None;
        self.kennel.0.free.borrow_mut().push(self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_reaches_present_and_future_leashes() {
        let kennel = Kennel::default();
        let (first, second) = (kennel.leash(), kennel.leash());
        first.interrupt().raise();
        first.renew();
        assert!(!first.interrupt().is_raised(), "one VU's cut-off is not the end of everything");
        drop(second);
        let reused = kennel.leash();
        assert_eq!(kennel.0.held.borrow().len(), 2);
        kennel.interrupt_all();
        assert!(first.interrupt().is_raised() && reused.interrupt().is_raised());
        first.renew();
        assert!(first.interrupt().is_raised());
        assert!(kennel.leash().interrupt().is_raised());
    }
}
